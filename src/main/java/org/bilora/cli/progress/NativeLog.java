package org.bilora.cli.progress;

import com.sun.jna.NativeLibrary;
import java.util.List;
import org.bilora.graph.StepFunction;
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
public final class NativeLog {
  private static final int STANDARD_ERROR = 2;
  private static final int WRITE_ONLY = 1;

  private NativeLog() {}

  /** Prints the notes into nothing, where {@code TF_CPP_MIN_LOG_LEVEL} asks for no such notes. */
  public static void skipFirstNotes() {
    skip(false);
  }

  /** The same for a command that compiles with XLA, which has its own first notes. */
  public static void skipFirstNotesOfXla() {
    skip(true);
  }

  private static void skip(boolean xla) {
    if (!quiet()) {
      return;
    }
    // Loading the library may fail, and is to be heard.
    org.tensorflow.TensorFlow.version();
    silently(() -> runFirst(xla));
  }

  /**
   * Does something while the process's standard error leads nowhere. What Java prints meanwhile is
   * lost, too.
   */
  public static void silently(Runnable action) {
    Silence silence = silence();
    try {
      action.run();
    } finally {
      silence.end();
    }
  }

  /** Standard error leads nowhere until this is ended. */
  static final class Silence {
    /** None: standard error is as it was. */
    static final Silence NONE = new Silence(null, -1);

    private final NativeLibrary libc;
    private int kept;

    private Silence(NativeLibrary libc, int kept) {
      this.libc = libc;
      this.kept = kept;
    }

    /** Lets standard error through again; ending it twice does nothing. */
    void end() {
      if (kept >= 0) {
        call(libc, "dup2", kept, STANDARD_ERROR);
        call(libc, "close", kept);
        kept = -1;
      }
    }
  }

  /** Silences standard error, where {@code TF_CPP_MIN_LOG_LEVEL} asks for no notes. */
  static Silence silence() {
    NativeLibrary libc = NativeLibrary.getInstance("c");
    int kept = quiet() ? call(libc, "dup", STANDARD_ERROR) : -1;
    int nowhere = kept < 0 ? -1 : call(libc, "open", "/dev/null", WRITE_ONLY);
    if (nowhere >= 0) {
      call(libc, "dup2", nowhere, STANDARD_ERROR);
      call(libc, "close", nowhere);
    }
    return new Silence(libc, kept);
  }

  private static boolean quiet() {
    String level = System.getenv("TF_CPP_MIN_LOG_LEVEL");
    return level != null && level.matches("[1-3]");
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
      try (StepFunction function = new StepFunction(tf, "first", processorOnly)) {
        Operand<TFloat32> one = function.body().constant(1f);
        Operand<TFloat32> two = function.body().math.add(one, one);
        session.runner().fetch(function.call(List.of(two), xla).get(0)).run().close();
      }
    }
  }
}
