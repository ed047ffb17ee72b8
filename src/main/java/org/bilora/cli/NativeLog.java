package org.bilora.cli;

import com.sun.jna.NativeLibrary;
import java.util.List;
import org.bilora.bilevel.StepFunction;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TFloat32;

/**
 * Keeps notes that TensorFlow 2.18 prints once per process off standard error.
 *
 * <p>The first graph that runs, and the first that XLA compiles, print a few lines through Abseil's
 * log ("All log messages before InitializeLog", "MLIR V1 optimization pass is not enabled", "XLA
 * service initialized"), which no environment variable silences. So a sum of two constants is
 * compiled and run first, with the file descriptor of standard error pointing elsewhere for that
 * moment.
 */
final class NativeLog {
  private static final int STANDARD_ERROR = 2;
  private static final int WRITE_ONLY = 1;

  private NativeLog() {}

  /** Prints the notes into nothing, where {@code TF_CPP_MIN_LOG_LEVEL} asks for no such notes. */
  static void skipFirstNotes() {
    skip(false);
  }

  /** The same for a command that compiles with XLA, which has its own first notes. */
  static void skipFirstNotesOfXla() {
    skip(true);
  }

  private static void skip(boolean xla) {
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
      runFirst(xla);
    } finally {
      call(libc, "dup2", kept, STANDARD_ERROR);
      call(libc, "close", kept);
      call(libc, "close", nowhere);
    }
  }

  private static int call(NativeLibrary library, String function, Object... arguments) {
    return library.getFunction(function).invokeInt(arguments);
  }

  private static void runFirst(boolean xla) {
    // Without GPUs: how their memory is used is for the first real session to say.
    ConfigProto processorOnly = ConfigProto.newBuilder().putDeviceCount("GPU", 0).build();
    try (Graph graph = new Graph();
        Session session = new Session(graph, processorOnly)) {
      Ops tf = Ops.create(graph);
      try (StepFunction function = new StepFunction(tf, "first")) {
        Operand<TFloat32> one = function.body().constant(1f);
        Operand<TFloat32> two = function.body().math.add(one, one);
        session.runner().fetch(function.call(List.of(two), xla).get(0)).run().close();
      }
    }
  }
}
