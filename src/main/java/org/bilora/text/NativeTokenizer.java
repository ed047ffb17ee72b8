package org.bilora.text;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A tokenizer of Hugging Face's native library, through DJL's binding. Safe to share. */
final class NativeTokenizer implements AutoCloseable {
  private static final TokenizersLibrary LIBRARY;

  static {
    // Without this DJL looks for a CUDA build of the library on the network.
    System.setProperty("ai.djl.offline", "true");
    LibUtils.checkStatus();
    LIBRARY = TokenizersLibrary.LIB;
  }

  private final long handle;

  /** What a text became. */
  record Tokens(long[] ids, long[] types, boolean truncated) {}

  /**
   * Where its tokens stand in it.
   *
   * @param spans counted in code points; null for a special token
   */
  record Placed(Tokens tokens, CharSpan[] spans) {}

  /**
   * Makes a tokenizer that truncates as its definition says.
   *
   * @param definition a {@code tokenizer.json} that {@link DefinitionCheck} has looked through
   * @throws RuntimeException when it is not one
   */
  NativeTokenizer(byte[] definition) {
    handle = LIBRARY.createTokenizerFromString(new String(definition, StandardCharsets.UTF_8));
  }

  /**
   * Encodes a text or two, with special tokens.
   *
   * @throws RuntimeException when the library cannot
   */
  Tokens encode(String text, Optional<String> pair) {
    long encoding =
        pair.isPresent()
            ? LIBRARY.encodeDual(handle, whole(text), whole(pair.get()), true)
            : LIBRARY.encode(handle, whole(text), true);
    try {
      return tokens(encoding);
    } finally {
      LIBRARY.deleteEncoding(encoding);
    }
  }

  /**
   * Encodes a text, with special tokens and places.
   *
   * @throws RuntimeException when the library cannot
   */
  Placed encodeWithSpans(String text) {
    long encoding = LIBRARY.encode(handle, whole(text), true);
    try {
      return new Placed(tokens(encoding), LIBRARY.getTokenCharSpans(encoding));
    } finally {
      LIBRARY.deleteEncoding(encoding);
    }
  }

  private static Tokens tokens(long encoding) {
    return new Tokens(
        LIBRARY.getTokenIds(encoding),
        LIBRARY.getTypeIds(encoding),
        LIBRARY.getOverflowCount(encoding) > 0);
  }

  /** A half of a character that takes two, which is no text, becomes U+FFFD. */
  private static String whole(String text) {
    return StandardCharsets.UTF_16LE.newEncoder().canEncode(text)
        ? text
        : text.codePoints()
            .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xfffd : c)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
  }

  /** The text of ids, special tokens left out. */
  String decode(long[] ids) {
    return LIBRARY.decode(handle, ids, true);
  }

  @Override
  public void close() {
    LIBRARY.deleteTokenizer(handle);
  }
}
