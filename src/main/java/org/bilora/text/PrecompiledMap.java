package org.bilora.text;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.BitSet;
import java.util.Deque;

/**
 * SentencePiece's map from characters to what they are replaced by: a double-array trie (Yata 2011)
 * over UTF-8 bytes, whose leaves are places in a text of replacements that end with a 0 each. The
 * native library follows it without looking at bounds, so every step that some text could take is
 * looked at here.
 */
final class PrecompiledMap {
  private final int[] units;
  private final byte[] replacements;

  private PrecompiledMap(int[] units, byte[] replacements) {
    this.units = units;
    this.replacements = replacements;
  }

  /**
   * Makes sure that a map leads nowhere outside itself.
   *
   * @throws DefinitionException when it does, or is no such map
   */
  static void check(String base64) throws DefinitionException {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw unsound("it is not in base 64");
    }
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.length < Integer.BYTES) {
      throw unsound("it has %d bytes".formatted(bytes.length));
    }
    int trieBytes = in.getInt();
    if (trieBytes < Integer.BYTES || trieBytes % Integer.BYTES != 0 || trieBytes > in.remaining()) {
      throw unsound("its trie is said to have %d bytes".formatted(trieBytes));
    }
    int[] units = new int[trieBytes / Integer.BYTES];
    in.asIntBuffer().get(units);
    in.position(Integer.BYTES + trieBytes);
    byte[] replacements = new byte[in.remaining()];
    in.get(replacements);
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(replacements));
    } catch (CharacterCodingException e) {
      throw unsound("its replacements are not UTF-8");
    }
    new PrecompiledMap(units, replacements).follow();
  }

  private static DefinitionException unsound(String what) {
    return new DefinitionException("precompiled_charsmap is damaged: " + what);
  }

  private void follow() throws DefinitionException {
    BitSet seen = new BitSet();
    Deque<Integer> open = new ArrayDeque<>();
    visit(offset(units[0]), seen, open);
    while (!open.isEmpty()) {
      int node = open.pop();
      for (int label = 1; label < 256; label++) {
        int unit = units[node ^ label];
        if ((unit & 0x800000ff) == label) {
          int next = node ^ label ^ offset(unit);
          visit(next, seen, open);
          if ((unit >>> 8 & 1) == 1) {
            checkLeaf(units[next] & 0x7fffffff);
          }
        }
      }
    }
  }

  private static int offset(int unit) {
    return (unit >>> 10) << ((unit & 0x200) >>> 6);
  }

  private void visit(int node, BitSet seen, Deque<Integer> open) throws DefinitionException {
    if (node < 0 || (node | 0xff) >= units.length) {
      throw unsound("its trie leads outside itself");
    }
    if (!seen.get(node)) {
      seen.set(node);
      open.push(node);
    }
  }

  private void checkLeaf(int place) throws DefinitionException {
    boolean inside =
        place < replacements.length
            && (replacements[place] & 0xc0) != 0x80; // not within a character
    if (!inside) {
      throw unsound("it leads to no replacement");
    }
  }
}
