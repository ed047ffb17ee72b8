package org.bilora;

import java.util.concurrent.atomic.AtomicBoolean;
import org.bilora.cli.progress.NativeLog;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The tests' output holds none of the notes that TensorFlow prints once per process. */
public final class QuietFirstNotes implements BeforeAllCallback {
  private static final AtomicBoolean DONE = new AtomicBoolean();

  @Override
  public void beforeAll(ExtensionContext context) {
    if (!DONE.getAndSet(true)) {
      NativeLog.skipFirstNotesOfXla();
    }
  }
}
