package org.bilora.train;

import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.bilora.weights.TensorFlowRecord;
import org.tensorflow.proto.Event;
import org.tensorflow.proto.SessionLog;
import org.tensorflow.proto.Summary;

/** Scalars over steps as TensorBoard reads them: a TFRecord file of {@code Event} messages. */
final class EventFile implements AutoCloseable {
  private final Path file;
  private final OutputStream out;

  private EventFile(Path file, OutputStream out) {
    this.file = file;
    this.out = out;
  }

  /**
   * Begins a new file; the directory's earlier ones stay.
   *
   * @param firstStep TensorBoard drops what earlier files say about this step and later ones: a run
   *     that was killed goes back to its last checkpoint
   */
  static EventFile create(Path directory, long firstStep) throws IOException {
    long seconds = System.currentTimeMillis() / 1000;
    for (int number = 0; ; number++) {
      Path file = directory.resolve("events.out.tfevents.%d.bilora.%d".formatted(seconds, number));
      try {
        Files.createFile(file);
        // Not a channel: an interrupt, which asks for a stop, would close it.
        EventFile events =
            new EventFile(file, new BufferedOutputStream(new FileOutputStream(file.toFile())));
        events.write(event(0).setFileVersion("brain.Event:2").build());
        events.write(
            event(firstStep)
                .setSessionLog(
                    SessionLog.newBuilder().setStatus(SessionLog.SessionStatus.START).build())
                .build());
        return events;
      } catch (FileAlreadyExistsException e) {
        // Two starts within one second: take the next number.
        continue;
      }
    }
  }

  /** Adds one value per tag. */
  void scalars(long step, Map<String, Double> values) throws IOException {
    Summary.Builder summary = Summary.newBuilder();
    values.forEach(
        (tag, value) ->
            summary.addValue(
                Summary.Value.newBuilder().setTag(tag).setSimpleValue(value.floatValue())));
    write(event(step).setSummary(summary).build());
  }

  /** Hands what was added to the operating system, for a TensorBoard that looks on. */
  void flush() throws IOException {
    try {
      out.flush();
    } catch (IOException e) {
      throw named(e);
    }
  }

  /** A full disk does not say what it has no room for. */
  private IOException named(IOException e) {
    return new FileSystemException(file.toString(), null, e.getMessage());
  }

  private static Event.Builder event(long step) {
    return Event.newBuilder().setWallTime(System.currentTimeMillis() / 1e3).setStep(step);
  }

  private void write(Event event) throws IOException {
    try {
      TensorFlowRecord.write(out, event.toByteArray());
    } catch (IOException e) {
      throw named(e);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      out.close();
    } catch (IOException e) {
      throw named(e);
    }
  }
}
