package org.bilora.cli;

import com.sun.jna.NativeLibrary;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TFloat32;

/**
 * Keeps a note that TensorFlow 2.18 prints once per process off standard error.
 *
 * <p>The first graph that runs prints two lines through Abseil's log ("All log messages before
 * InitializeLog", "MLIR V1 optimization pass is not enabled"), which no environment variable
 * silences. So a graph of one constant runs first, with the file descriptor of standard error
 * pointing elsewhere for that moment.
 */
final class NativeLog {
  private static final int STANDARD_ERROR = 2;
  private static final int WRITE_ONLY = 1;

  private NativeLog() {}

  /** Prints the note into nothing, where {@code TF_CPP_MIN_LOG_LEVEL} asks for no such notes. */
  static void skipFirstNote() {
    String level = System.getenv("TF_CPP_MIN_LOG_LEVEL");
    if (level == null || !level.matches("[1-3]")) {
      return;
    }
    // Loading the library may fail, and is to be heard.
    org.tensorflow.TensorFlow.version();
    NativeLibrary libc = NativeLibrary.getInstance("c");
    int kept = call(libc, "dup", STANDARD_ERROR);
    int nowhere = call(libc, "open", "/dev/null", WRITE_ONLY);
    if (kept < 0 || nowhere < 0) {
      return;
    }
    call(libc, "dup2", nowhere, STANDARD_ERROR);
    try {
      runConstant();
    } finally {
      call(libc, "dup2", kept, STANDARD_ERROR);
      call(libc, "close", kept);
      call(libc, "close", nowhere);
    }
  }

  private static int call(NativeLibrary library, String function, Object... arguments) {
    return library.getFunction(function).invokeInt(arguments);
  }

  private static void runConstant() {
    // Without GPUs: how their memory is used is for the first real session to say.
    ConfigProto processorOnly = ConfigProto.newBuilder().putDeviceCount("GPU", 0).build();
    try (Graph graph = new Graph();
        Session session = new Session(graph, processorOnly)) {
      Operand<TFloat32> one = Ops.create(graph).constant(1f);
      session.runner().fetch(one).run().close();
    }
  }
}
