package org.bilora.weights;

import static org.bilora.weights.RestrictedPickle.damaged;
import static org.bilora.weights.SafetensorsHeader.shown;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.bilora.weights.RestrictedPickle.Storage;
import org.bilora.weights.RestrictedPickle.View;

/**
 * A checkpoint since PyTorch 1.6: an archive of one folder with {@code data.pkl} and a file under
 * {@code data} per storage, none of them compressed. Checksums are checked.
 */
record TorchZip(Path file, ZipFile zip, String folder, Map<String, View> tensors)
    implements TorchFile.Storages {
  private static final String PICKLE = "data.pkl";
  private static final int MOST_PICKLE_BYTES = 100_000_000;

  static TorchZip open(Path file) throws IOException {
    ZipFile zip;
    try {
      zip = new ZipFile(file.toFile());
    } catch (ZipException | IllegalArgumentException e) {
      throw damaged(file.toString(), "its archive cannot be read (%s)".formatted(e.getMessage()));
    }
    try {
      List<String> pickles =
          zip.stream()
              .map(ZipEntry::getName)
              .filter(name -> name.equals(PICKLE) || name.endsWith("/" + PICKLE))
              .toList();
      if (pickles.size() != 1) {
        throw damaged(
            file.toString(), "its archive has %d files %s".formatted(pickles.size(), PICKLE));
      }
      String pickle = pickles.get(0);
      String folder = pickle.substring(0, pickle.length() - PICKLE.length());
      ZipEntry order = zip.getEntry(folder + "byteorder");
      if (order != null
          && !new String(bytes(file, zip, order), StandardCharsets.UTF_8)
              .strip()
              .equals("little")) {
        throw new IOException(
            file + " holds values in another byte order than little-endian: save it again");
      }
      Object root =
          RestrictedPickle.read(
              ByteBuffer.wrap(bytes(file, zip, zip.getEntry(pickle))), file.toString());
      Map<String, View> tensors =
          RestrictedPickle.tensors(root, file.toString())
              .orElseThrow(() -> damaged(file.toString(), "it holds no dictionary of tensors"));
      return new TorchZip(file, zip, folder, tensors);
    } catch (IOException | RuntimeException e) {
      zip.close();
      throw e;
    }
  }

  private static byte[] bytes(Path file, ZipFile zip, ZipEntry entry) throws IOException {
    if (entry.getSize() > MOST_PICKLE_BYTES) {
      throw damaged(file.toString(), shown(entry.getName()) + " is too large");
    }
    try (InputStream in = checked(file, zip, entry)) {
      byte[] bytes = in.readNBytes((int) entry.getSize());
      in.read();
      return bytes;
    }
  }

  @Override
  public InputStream open(Storage storage, long bytes) throws IOException {
    ZipEntry entry = zip.getEntry(folder + "data/" + storage.key());
    if (entry == null || entry.getSize() != bytes) {
      throw damaged(
          file.toString(),
          "storage %s has %s bytes instead of %d"
              .formatted(shown(storage.key()), entry == null ? "no" : entry.getSize(), bytes));
    }
    return checked(file, zip, entry);
  }

  /** An entry's bytes; behind the last one the checksum is compared. */
  private static InputStream checked(Path file, ZipFile zip, ZipEntry entry) throws IOException {
    if (entry.getMethod() != ZipEntry.STORED || entry.getSize() != entry.getCompressedSize()) {
      throw damaged(file.toString(), shown(entry.getName()) + " is compressed");
    }
    InputStream in;
    try {
      in = zip.getInputStream(entry);
    } catch (ZipException e) {
      throw damaged(file.toString(), "its archive cannot be read (%s)".formatted(e.getMessage()));
    }
    return new CheckedInputStream(in, new CRC32()) {
      @Override
      public int read() throws IOException {
        int next = super.read();
        if (next < 0) {
          check();
        }
        return next;
      }

      private void check() throws IOException {
        if (getChecksum().getValue() != entry.getCrc()) {
          throw damaged(file.toString(), shown(entry.getName()) + " has another checksum");
        }
      }
    };
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
