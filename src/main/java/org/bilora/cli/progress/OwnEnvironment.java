package org.bilora.cli.progress;

import com.sun.jna.NativeLibrary;

/**
 * This process's environment, as TensorFlow reads it when it is loaded. Java's own copy cannot be
 * changed.
 */
final class OwnEnvironment {
  /** Set by the launcher. */
  private static final String LAUNCHER = "bilora.command";

  private OwnEnvironment() {}

  /** Whether the process is the launcher's, and ours to change. */
  static boolean isOurs() {
    return System.getProperty(LAUNCHER) != null;
  }

  /** Sets a variable. */
  static void set(String name, String value) {
    NativeLibrary.getInstance("c").getFunction("setenv").invokeInt(new Object[] {name, value, 1});
  }
}
