package org.bilora.cli.progress;

/**
 * Lets each TensorFlow session have threads of its own, where TensorFlow otherwise has one set of
 * them for the whole process: what is computed at once in several small sessions is then faster on
 * one thread each.
 */
public final class SessionThreads {
  private static final String OVERRIDE = "TF_OVERRIDE_GLOBAL_THREADPOOL";

  private SessionThreads() {}

  /**
   * Has to be called before TensorFlow is loaded, which is when it reads the environment.
   *
   * @return whether sessions have them: not where this process is another one than the launcher's
   */
  public static boolean ofTheirOwn() {
    if (!OwnEnvironment.isOurs()) {
      return false;
    }
    OwnEnvironment.set(OVERRIDE, "1");
    return true;
  }
}
