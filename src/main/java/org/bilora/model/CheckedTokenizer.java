package org.bilora.model;

import java.util.Optional;
import org.bilora.text.Encoding;
import org.bilora.text.TokenSpans;
import org.bilora.text.Tokenizer;

/**
 * A tokenizer whose ids and segments a model can look up. Those that it cannot are an error when
 * they occur: a tokenizer may have tokens that no text uses.
 *
 * @param tokens rows of the token embedding
 * @param segments rows of the token-type embedding; none where the model reads no token types
 * @param where the tokenizer came from, for messages
 */
record CheckedTokenizer(Tokenizer tokenizer, int tokens, int segments, String where)
    implements Tokenizer {

  /**
   * As {@link Tokenizer#encode}.
   *
   * @throws IllegalArgumentException also when the model has no row for a token or a segment
   */
  @Override
  public Encoding encode(String text, Optional<String> pair, int maxLength) {
    return checked(text, tokenizer.encode(text, pair, maxLength));
  }

  @Override
  public TokenSpans encodeWithSpans(String text, int maxLength) {
    TokenSpans spans = tokenizer.encodeWithSpans(text, maxLength);
    return new TokenSpans(checked(text, spans.encoding()), spans.starts(), spans.ends());
  }

  private Encoding checked(String text, Encoding encoding) {
    for (int id : encoding.inputIds()) {
      if (id < 0 || id >= tokens) {
        throw new IllegalArgumentException(
            "%s makes token id %d of the text \"%s\", but the word embedding has only %d rows (vocab_size)"
                .formatted(where, id, Quoted.of(text), tokens));
      }
    }
    if (segments == 0) {
      return new Encoding(encoding.inputIds(), new int[encoding.length()], encoding.truncated());
    }
    for (int type : encoding.tokenTypeIds()) {
      if (type < 0 || type >= segments) {
        throw new IllegalArgumentException(
            "%s gives the text \"%s\" token type %d, but the model has only %d (type_vocab_size)"
                .formatted(where, Quoted.of(text), type, segments));
      }
    }
    return encoding;
  }

  @Override
  public boolean hasSegments() {
    return segments > 0 && tokenizer.hasSegments();
  }

  @Override
  public String decode(int[] ids) {
    return tokenizer.decode(ids);
  }

  @Override
  public int vocabularySize() {
    return tokenizer.vocabularySize();
  }

  @Override
  public byte[] definition() {
    return tokenizer.definition();
  }

  @Override
  public byte[] definition(int maxLength) {
    return tokenizer.definition(maxLength);
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
