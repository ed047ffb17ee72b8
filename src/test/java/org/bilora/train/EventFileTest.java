package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.Event;
import org.tensorflow.proto.SessionLog;

class EventFileTest {
  @TempDir Path folder;

  @Test
  void scalarsAreReadBackFromFramedAndCheckedRecords() throws IOException {
    try (EventFile events = EventFile.create(folder, 5)) {
      events.scalars(5, ImmutableMap.of("train/lower_loss", 0.5, "train/upper_loss", 0.25));
      events.scalars(6, ImmutableMap.of("dev/matthews", -1.0));
    }
    List<Event> events = read(files().get(0));
    assertEquals("brain.Event:2", events.get(0).getFileVersion());
    assertEquals(SessionLog.SessionStatus.START, events.get(1).getSessionLog().getStatus());
    assertEquals(5, events.get(1).getStep());
    assertEquals(5, events.get(2).getStep());
    assertEquals("train/upper_loss", events.get(2).getSummary().getValue(1).getTag());
    assertEquals(0.25f, events.get(2).getSummary().getValue(1).getSimpleValue());
    assertEquals(-1f, events.get(3).getSummary().getValue(0).getSimpleValue());
    assertEquals(4, events.size());
  }

  @Test
  void aSecondStartWritesAFileOfItsOwn() throws IOException {
    EventFile.create(folder, 1).close();
    EventFile.create(folder, 1).close();
    assertEquals(2, files().size());
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  /** An independent reader: the JDK's checksum, and the mask as TFRecord's documentation has it. */
  static List<Event> read(Path file) throws IOException {
    assertTrue(file.getFileName().toString().startsWith("events.out.tfevents."));
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<Event> events = new ArrayList<>();
    while (bytes.hasRemaining()) {
      long length = bytes.getLong(bytes.position());
      requireChecksum(take(bytes, Long.BYTES), bytes.getInt());
      byte[] message = take(bytes, Math.toIntExact(length));
      requireChecksum(message, bytes.getInt());
      events.add(Event.parseFrom(message));
    }
    return events;
  }

  private static byte[] take(ByteBuffer bytes, int count) {
    byte[] taken = new byte[count];
    bytes.get(taken);
    return taken;
  }

  private static void requireChecksum(byte[] bytes, int masked) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    long value = crc.getValue();
    long expected = (((value >>> 15) | (value << 17)) + 0xa282ead8L) & 0xffffffffL;
    assertEquals(expected, Integer.toUnsignedLong(masked));
  }
}
