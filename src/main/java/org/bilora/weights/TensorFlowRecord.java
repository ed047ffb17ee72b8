package org.bilora.weights;

import com.google.common.hash.Hashing;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A record of a TFRecord file: the length (8 bytes, little-endian), its masked CRC, the message,
 * its masked CRC.
 */
public final class TensorFlowRecord {
  private static final int MASK_DELTA = 0xa282ead8;

  private TensorFlowRecord() {}

  /** Appends a message. */
  public static void write(OutputStream out, byte[] message) throws IOException {
    byte[] length = little(Long.BYTES).putLong(message.length).array();
    out.write(length);
    out.write(maskedCrc(length));
    out.write(message);
    out.write(maskedCrc(message));
  }

  private static byte[] maskedCrc(byte[] bytes) {
    int crc = Hashing.crc32c().hashBytes(bytes).asInt();
    return little(Integer.BYTES).putInt(Integer.rotateRight(crc, 15) + MASK_DELTA).array();
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
