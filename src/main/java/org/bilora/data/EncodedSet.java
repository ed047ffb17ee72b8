package org.bilora.data;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bilora.text.TokenSpans;
import org.bilora.text.Tokenizer;

/**
 * Examples as token ids, in the order they came.
 *
 * @param truncated how many lost tokens to the maximum length
 */
public record EncodedSet(List<EncodedExample> examples, int truncated) {
  /** Keeps copies of the collections. */
  public EncodedSet {
    examples = ImmutableList.copyOf(examples);
  }

  /**
   * Encodes examples.
   *
   * @param maxLength most tokens per example, special tokens included
   */
  public static EncodedSet of(Tokenizer tokenizer, List<Example> examples, int maxLength) {
    List<EncodedExample> encoded =
        IntStream.range(0, examples.size())
            .parallel()
            .mapToObj(
                i -> {
                  Example example = examples.get(i);
                  return example.words().isPresent()
                      ? ofWords(tokenizer, example, maxLength, i)
                      : new EncodedExample(
                          tokenizer.encode(example.text(), example.pair(), maxLength),
                          example.targets(),
                          i);
                })
            .collect(ImmutableList.toImmutableList());
    long truncated = encoded.stream().filter(example -> example.encoding().truncated()).count();
    return new EncodedSet(encoded, Math.toIntExact(truncated));
  }

  private static EncodedExample ofWords(
      Tokenizer tokenizer, Example example, int maxLength, int index) {
    TokenSpans spans = tokenizer.encodeWithSpans(example.text(), maxLength);
    return new EncodedExample(
        spans.encoding(),
        example.targets(),
        Optional.of(Words.firstTokens(example.text(), example.words().orElseThrow(), spans)),
        index);
  }

  /** Number of tokens of each example, as {@link LengthBuckets#choose} wants them. */
  public int[] tokenCounts() {
    return examples.stream().mapToInt(example -> example.encoding().length()).toArray();
  }
}
