package org.bilora.cli.progress;

import java.io.PrintWriter;
import java.util.concurrent.CountDownLatch;

/**
 * Lets Ctrl-C (or a termination signal) end a training at its next step, with a checkpoint, instead
 * of cutting it off. The JVM then exits with 130 (or 143) as it does for any program.
 */
public final class StopOnSignal {
  private final CountDownLatch released = new CountDownLatch(1);
  private final PrintWriter notes;
  private final Thread hook = new Thread(this::stop, "stop-on-signal");
  private volatile Runnable requestStop;

  /** Starts to listen; as long as there is nothing to stop, a signal ends the JVM at once. */
  public StopOnSignal(PrintWriter notes) {
    this.notes = notes;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /**
   * Says how to stop.
   *
   * @param request makes the work end soon; called on another thread
   */
  public void by(Runnable request) {
    requestStop = request;
  }

  private void stop() {
    Runnable request = requestStop;
    if (request == null) {
      return;
    }
    notes.println("\nStopping after this step …");
    notes.flush();
    request.run();
    try {
      released.await();
    } catch (InterruptedException alreadyLeaving) {
      Thread.currentThread().interrupt();
    }
  }

  /** The work has ended: lets the JVM go if it is leaving, and stops listening if it is not. */
  public void release() {
    released.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException leaving) {
      // The hook is running; it has just been released.
    }
  }
}
