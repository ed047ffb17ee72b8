package org.bilora.data;

import com.google.common.hash.HashCode;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.hash.HashingInputStream;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A text file, read a line at a time so that files of hundreds of megabytes fit: strictly UTF-8, a
 * byte order mark and carriage returns at the end of lines dropped, NUL bytes refused.
 */
record TextFile(Path path) {

  /** A line without its end, and what to say about it when it is wrong. */
  record Line(TextFile file, int number, String text) {
    boolean isEmpty() {
      return text.isEmpty();
    }

    /** The one line that says what is wrong here. */
    IOException problem(String what) {
      return new IOException("%s, line %d: %s".formatted(file.path, number, what));
    }
  }

  /** Takes lines as they are read. */
  interface LineReader {
    void read(Line line) throws IOException;
  }

  /** The file's name without its folder. */
  String name() {
    return path.getFileName().toString();
  }

  /** The one line that says what is wrong with the file as a whole. */
  IOException problem(String what) {
    return new IOException(path + ": " + what);
  }

  /**
   * Reads every line; what follows the last line's end is none.
   *
   * @param hasher takes the file's name and the hash of its bytes
   * @throws IOException when the file is missing, empty or not text, or the reader refuses a line
   */
  void forEachLine(Hasher hasher, LineReader reader) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw problem(Files.exists(path) ? "it is not a file" : "there is no such file");
    }
    try (HashingInputStream hashing =
            new HashingInputStream(Hashing.sha256(), Files.newInputStream(path));
        InputStream bytes = new BufferedInputStream(hashing, 1 << 16)) {
      readLines(bytes, reader);
      HashCode hash = hashing.hash();
      hasher.putInt(name().length()).putUnencodedChars(name()).putBytes(hash.asBytes());
    } catch (FileSystemException e) {
      throw unreadable(path, e);
    }
  }

  /**
   * What lies in a folder, by name.
   *
   * @throws IOException when the folder cannot be read
   */
  static List<Path> in(Path folder) throws IOException {
    try (Stream<Path> children = Files.list(folder)) {
      return children.sorted().toList();
    } catch (FileSystemException e) {
      throw unreadable(folder, e);
    }
  }

  private static IOException unreadable(Path path, FileSystemException cause) {
    return new IOException(path + ": it cannot be read; check its permissions", cause);
  }

  private void readLines(InputStream bytes, LineReader reader) throws IOException {
    ByteArrayOutputStream pending = new ByteArrayOutputStream();
    boolean anything = false;
    int number = 1;
    for (int next = bytes.read(); next >= 0; next = bytes.read()) {
      anything = true;
      if (next == 0) {
        throw new Line(this, number, "")
            .problem("a NUL byte; the file is damaged or not UTF-8 text, get or save it anew");
      } else if (next == '\n') {
        reader.read(line(pending, number++));
      } else {
        pending.write(next);
      }
    }
    if (!anything) {
      throw problem("the file is empty; get or write it anew");
    }
    if (pending.size() > 0) {
      reader.read(line(pending, number));
    }
  }

  private Line line(ByteArrayOutputStream pending, int number) throws IOException {
    String text = decode(pending.toByteArray(), number);
    pending.reset();
    if (number == 1 && text.startsWith("\uFEFF")) {
      text = text.substring(1);
    }
    if (text.endsWith("\r")) {
      text = text.substring(0, text.length() - 1);
    }
    return new Line(this, number, text);
  }

  private String decode(byte[] bytes, int number) throws IOException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      IOException problem =
          new Line(this, number, "").problem("invalid UTF-8; save the file as UTF-8");
      problem.initCause(e);
      throw problem;
    }
  }
}
