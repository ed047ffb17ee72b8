package org.bilora.graph;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.tensorflow.Graph;
import org.tensorflow.Session;
import org.tensorflow.internal.c_api.TF_Graph;
import org.tensorflow.internal.c_api.TF_Session;
import org.tensorflow.internal.c_api.TF_SessionOptions;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.internal.c_api.global.tensorflow;
import org.tensorflow.proto.ConfigProto;

/**
 * A session whose operations are computed by the processes of a cluster. TensorFlow's C interface
 * has it, TensorFlow for Java has no public way to it: a session that exists already is wrapped.
 */
public final class RemoteSession {
  private RemoteSession() {}

  /**
   * Opens a session with a server of a cluster. It waits until all of them answer.
   *
   * @param target such as {@code grpc://localhost:4711}
   * @throws org.tensorflow.exceptions.TensorFlowException when there is no such server
   */
  public static Session open(Graph graph, String target, ConfigProto config) {
    try {
      Object reference = call(graph, "ref");
      try {
        TF_Session session = allocate((TF_Graph) call(reference, "nativeHandle"), target, config);
        Constructor<Session> wrap =
            Session.class.getDeclaredConstructor(Graph.class, TF_Session.class);
        wrap.setAccessible(true);
        return wrap.newInstance(graph, session);
      } finally {
        call(reference, "close");
      }
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "this version of TensorFlow for Java opens no session of a cluster", e);
    }
  }

  @SuppressWarnings("try") // The scope frees what is made in it.
  private static TF_Session allocate(TF_Graph graph, String target, ConfigProto config) {
    try (PointerScope scope = new PointerScope()) {
      TF_Status status = TF_Status.newStatus();
      TF_SessionOptions options = TF_SessionOptions.newSessionOptions();
      tensorflow.TF_SetTarget(options, target);
      BytePointer bytes = new BytePointer(config.toByteArray());
      tensorflow.TF_SetConfig(options, bytes, bytes.capacity(), status);
      status.throwExceptionIfNotOK();
      TF_Session session = TF_Session.newSession(graph, options, status);
      status.throwExceptionIfNotOK();
      return session.retainReference();
    }
  }

  private static Object call(Object owner, String method) throws ReflectiveOperationException {
    Method found = owner.getClass().getDeclaredMethod(method);
    found.setAccessible(true);
    return found.invoke(owner);
  }
}
