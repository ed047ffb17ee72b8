package org.bilora.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The lines of a stream of bytes, one after the other and none kept: strictly UTF-8, ended by
 * {@code \n} alone, a byte order mark and carriage returns at the end of lines dropped, NUL bytes
 * and lines of over {@value #MOST_BYTES} bytes refused. What follows the last line's end is none.
 */
final class Lines implements AutoCloseable {
  /** More than any text or table has in a line; what has is not text, or not in lines. */
  static final int MOST_BYTES = 1 << 24;

  private static final int BUFFER_BYTES = 1 << 16;

  private final TextFile file;
  private final InputStream bytes;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int from;
  private int to;
  private byte[] pending = new byte[256];
  private int pendingBytes;
  private int number;

  /**
   * @param file named in messages
   * @param bytes closed with the lines
   */
  Lines(TextFile file, InputStream bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  /**
   * The next line, or null behind the last one.
   *
   * @throws InvalidRowException when the line is not UTF-8; those behind it can still be read
   * @throws IOException when the bytes cannot be read or are no text
   */
  TextFile.Line next() throws IOException {
    pendingBytes = 0;
    number++;
    while (true) {
      if (from == to) {
        from = 0;
        to = Math.max(0, bytes.read(buffer));
        if (to == 0) {
          return pendingBytes == 0 ? null : line();
        }
      }
      int end = from;
      while (end < to && buffer[end] != '\n') {
        if (buffer[end] == 0) {
          throw new IOException(
              "%s, line %d: a NUL byte; the file is damaged or not UTF-8 text, get or save it anew"
                  .formatted(file.path(), number));
        }
        end++;
      }
      keep(end);
      if (end < to) {
        from = end + 1;
        return line();
      }
      from = end;
    }
  }

  private void keep(int end) throws IOException {
    int length = end - from;
    if (pendingBytes + length > MOST_BYTES) {
      throw new IOException(
          "%s, line %d: it is longer than %,d bytes; break it into lines, or shorten its text"
              .formatted(file.path(), number, MOST_BYTES));
    }
    if (pendingBytes + length > pending.length) {
      pending = Arrays.copyOf(pending, Math.max(pendingBytes + length, 2 * pending.length));
    }
    System.arraycopy(buffer, from, pending, pendingBytes, length);
    pendingBytes += length;
  }

  private TextFile.Line line() throws IOException {
    String text;
    try {
      text =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(pending, 0, pendingBytes))
              .toString();
    } catch (CharacterCodingException e) {
      InvalidRowException problem =
          new InvalidRowException(file, number, "invalid UTF-8; save the file as UTF-8");
      problem.initCause(e);
      throw problem;
    }
    if (number == 1 && text.startsWith("\uFEFF")) {
      text = text.substring(1);
    }
    if (text.endsWith("\r")) {
      text = text.substring(0, text.length() - 1);
    }
    return new TextFile.Line(file, number, text);
  }

  @Override
  public void close() throws IOException {
    bytes.close();
  }
}
