package org.bilora.step;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Comparator;
import org.bilora.data.Batch;
import org.bilora.text.Encoding;

/**
 * A text by what a model reads of it: half of the SHA-256 of its token ids and types.
 *
 * @param first 64 bits
 * @param second 64 bits
 */
record TextKey(long first, long second) implements Comparable<TextKey> {
  private static final Comparator<TextKey> ORDER =
      Comparator.comparingLong(TextKey::first).thenComparingLong(TextKey::second);

  static TextKey of(Encoding text) {
    return of(text.inputIds(), text.tokenTypeIds(), 0, text.length());
  }

  /** The text in a row of a batch. */
  static TextKey of(Batch batch, int row) {
    return of(batch.inputIds(), batch.tokenTypeIds(), row * batch.length(), tokens(batch, row));
  }

  /** Tokens of a batch's row, padding left out. */
  static int tokens(Batch batch, int row) {
    int start = row * batch.length();
    return Arrays.stream(batch.attentionMask(), start, start + batch.length()).sum();
  }

  private static TextKey of(int[] ids, int[] types, int from, int length) {
    Hasher hasher = Hashing.sha256().newHasher(8 * length);
    for (int i = from; i < from + length; i++) {
      hasher.putInt(ids[i]).putInt(types[i]);
    }
    ByteBuffer hash = ByteBuffer.wrap(hasher.hash().asBytes());
    return new TextKey(hash.getLong(), hash.getLong());
  }

  @Override
  public int compareTo(TextKey other) {
    return ORDER.compare(this, other);
  }
}
