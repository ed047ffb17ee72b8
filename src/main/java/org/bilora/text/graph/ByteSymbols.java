package org.bilora.text.graph;

/** How byte-level byte-pair encoding writes bytes in its vocabulary (Radford et al. 2019). */
final class ByteSymbols {
  private ByteSymbols() {}

  /** The character that stands for each byte: itself where it can be seen, else one above 255. */
  static int[] characters() {
    int[] characters = new int[256];
    int others = 0;
    for (int value = 0; value < 256; value++) {
      boolean seen = value >= '!' && value <= '~' || value >= '¡' && value <= '¬' || value >= '®';
      characters[value] = seen ? value : 256 + others++;
    }
    return characters;
  }
}
