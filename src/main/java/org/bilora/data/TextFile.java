package org.bilora.data;

import com.google.common.hash.HashCode;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.hash.HashingInputStream;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A text file, read a line at a time ({@link Lines}) so that files of hundreds of megabytes fit.
 */
record TextFile(Path path) {
  /** The longest text that is given to a tokenizer, which reads it whole before it is cut. */
  static final int MOST_CHARACTERS = 4_000_000;

  /** A line without its end, and what to say about it when it is wrong. */
  record Line(TextFile file, int number, String text) {
    boolean isEmpty() {
      return text.isEmpty();
    }

    /** Where it stands, without what it says. */
    Line withoutText() {
      return new Line(file, number, "");
    }

    /**
     * Passes a text that stands here when it is one that can be learnt from.
     *
     * @throws InvalidRowException when it is over {@value #MOST_CHARACTERS} characters long, or has
     *     half of a surrogate pair, which no tokenizer reads as it is
     */
    String requireReadable(String text) throws InvalidRowException {
      if (text.length() > MOST_CHARACTERS) {
        throw problem(
            "a text of %,d characters; the longest that is read has %,d, shorten or split it"
                .formatted(text.length(), MOST_CHARACTERS));
      }
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (Character.isSurrogate(c)) {
          boolean whole =
              Character.isHighSurrogate(c)
                  && i + 1 < text.length()
                  && Character.isLowSurrogate(text.charAt(i + 1));
          if (!whole) {
            throw problem(
                "\\u%04x is half of a character; write both halves or U+FFFD".formatted((int) c));
          }
          i++;
        }
      }
      return text;
    }

    /** The one line that says what is wrong here. */
    InvalidRowException problem(String what) {
      return new InvalidRowException(file, number, what);
    }
  }

  /** Takes the lines of a file. */
  interface LinesReader {
    void read(Lines lines) throws IOException;
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
    HashCode hash =
        readLines(
            lines -> {
              for (Line line = lines.next(); line != null; line = lines.next()) {
                reader.read(line);
              }
            });
    addTo(hasher, hash);
  }

  /** Adds the file's name and the hash of its bytes. */
  void addTo(Hasher hasher, HashCode bytes) {
    hasher.putInt(name().length()).putUnencodedChars(name()).putBytes(bytes.asBytes());
  }

  /**
   * Opens the file and reads as many of its lines as wanted.
   *
   * @return the hash of the bytes that were read: of the file when every line was
   * @throws IOException when the file is missing, empty or not text, or the reader throws it
   */
  HashCode readLines(LinesReader reader) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw problem(Files.exists(path) ? "it is not a file" : "there is no such file");
    }
    try (HashingInputStream hashing =
            new HashingInputStream(Hashing.sha256(), Files.newInputStream(path));
        Lines lines = new Lines(this, hashing)) {
      if (Files.size(path) == 0) {
        throw problem("the file is empty; get or write it anew");
      }
      reader.read(lines);
      return hashing.hash();
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
}
