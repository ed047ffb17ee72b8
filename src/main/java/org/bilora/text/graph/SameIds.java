package org.bilora.text.graph;

import com.google.common.collect.ImmutableList;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bilora.text.Encoding;
import org.bilora.text.Tokenizer;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TString;

/**
 * Holds a tokenizer's graph against the tokenizer itself on texts of many kinds, so that a
 * definition with something in it that nobody thought of is noticed before it is served.
 */
final class SameIds {
  private static final List<String> TEXTS =
      ImmutableList.of(
          "",
          " ",
          "The committee approved the budget, although nobody had read it.",
          "  They've said: \"don't\" -- I'll go,  we're 'here's O'Neill's.\n\n\tEnd  ",
          "Naïve café — “quoted” ½ ﬁ Ⅷ №5 e\u0301 İSTANBUL Straße ΌΣΟΣ",
          "中国人 東京ひらがな 한국어 नमस्ते مَرْحَبًا שָׁלוֹם",
          "🙂 👩\u200D👩\u200D👧 🇩🇪 𝒜𝟘 \u200B\uFEFF\u00AD\u0007\u0000|\uFFFD",
          "$1,234.56 + 100% = <x> ^`|~ a_b@c.de http://x.y/z?q=1#2",
          "[CLS] [SEP] [MASK] [UNK] [PAD] <s> </s> <mask> <pad> <unk> <|endoftext|> [mask] <S>",
          "supercalifragilisticexpialidocious " + "ab".repeat(120),
          "word ".repeat(60));

  private SameIds() {}

  /**
   * Compares the two.
   *
   * @param pairs whether texts come in pairs
   * @throws UnsupportedTokenizerException when they differ: on which text
   */
  static void require(
      GraphTokenizer graphTokenizer,
      Tokenizer tokenizer,
      boolean pairs,
      int maxTokens,
      int padTokenId)
      throws UnsupportedTokenizerException {
    String[] seconds = new String[TEXTS.size()];
    for (int i = 0; i < seconds.length; i++) {
      seconds[i] = TEXTS.get((i * 7 + 3) % seconds.length);
    }
    try (Graph graph = new Graph();
        Session session = new Session(graph);
        TString texts = tensor(TEXTS.toArray(String[]::new));
        TString second = tensor(seconds)) {
      Ops tf = Ops.create(graph);
      Placeholder<TString> in = tf.placeholder(TString.class, Placeholder.shape(Shape.of(-1)));
      Placeholder<TString> inSecond =
          tf.placeholder(TString.class, Placeholder.shape(Shape.of(-1)));
      Optional<Operand<TString>> pair = pairs ? Optional.of(inSecond) : Optional.empty();
      TokenizedTexts built = graphTokenizer.build(tf, in, pair, maxTokens, padTokenId);
      Session.Runner initializing = session.runner();
      built.initializers().forEach(initializing::addTarget);
      if (!built.initializers().isEmpty()) {
        initializing.run().close();
      }
      Session.Runner runner =
          session
              .runner()
              .feed(in, texts)
              .fetch(built.inputIds())
              .fetch(built.attentionMask())
              .fetch(built.tokenTypeIds());
      if (pairs) {
        runner.feed(inSecond, second);
      }
      try (Result result = runner.run()) {
        for (int row = 0; row < TEXTS.size(); row++) {
          Optional<String> other = pairs ? Optional.of(seconds[row]) : Optional.empty();
          Encoding expected = tokenizer.encode(TEXTS.get(row), other, maxTokens);
          if (!same(expected, result, row)) {
            throw new UnsupportedTokenizerException(
                "something in it that is not seen: its ids of \"%s\" differ from the tokenizer's"
                    .formatted(TEXTS.get(row).strip()));
          }
        }
      }
    }
  }

  private static boolean same(Encoding expected, Result result, int row) {
    int tokens = Arrays.stream(row(result.get(1), row)).sum();
    return tokens == expected.length()
        && Arrays.equals(expected.inputIds(), Arrays.copyOf(row(result.get(0), row), tokens))
        && Arrays.equals(expected.tokenTypeIds(), Arrays.copyOf(row(result.get(2), row), tokens));
  }

  private static int[] row(Tensor matrix, int row) {
    int columns = Math.toIntExact(matrix.shape().get(1));
    int[] values = new int[columns];
    for (int column = 0; column < columns; column++) {
      values[column] = ((TInt32) matrix).getInt(row, column);
    }
    return values;
  }

  private static TString tensor(String[] texts) {
    return TString.tensorOf(StandardCharsets.UTF_8, NdArrays.vectorOfObjects(texts));
  }
}
