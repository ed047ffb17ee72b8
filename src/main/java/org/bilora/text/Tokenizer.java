package org.bilora.text;

import java.util.Optional;

/** Turns texts into token ids and back. Implementations are safe to call from several threads. */
public interface Tokenizer extends AutoCloseable {

  /**
   * Encodes a text, or a pair of texts, with the model's special tokens. Too long a pair loses
   * tokens of its longer member first.
   *
   * @param maxLength most tokens to keep, special tokens included
   */
  Encoding encode(String text, Optional<String> pair, int maxLength);

  /**
   * Encodes a text as {@link #encode} does, and says where each token stands in it.
   *
   * @param maxLength most tokens to keep, special tokens included
   */
  TokenSpans encodeWithSpans(String text, int maxLength);

  /**
   * The text of token ids. Special tokens are left out; bytes that are no UTF-8, as the pieces of a
   * character can be in byte-level byte-pair encoding, become U+FFFD.
   *
   * @param ids each from 0 to below {@link #vocabularySize()}
   * @throws IllegalArgumentException when an id is outside that range
   */
  String decode(int[] ids);

  /** Whether the second text of a pair may have another token type than the first. */
  boolean hasSegments();

  /** Number of different token ids: every id is below it. */
  int vocabularySize();

  /**
   * The tokenizer's own {@code tokenizer.json}, UTF-8, as it is packed beside an exported model.
   */
  byte[] definition();

  /**
   * The same {@code tokenizer.json}, which truncates texts as {@link #encode} does and pads none:
   * for who reads it with Hugging Face's library.
   *
   * @param maxLength most tokens to keep, special tokens included
   */
  byte[] definition(int maxLength);

  @Override
  void close();
}
