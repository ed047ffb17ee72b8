package org.bilora.text.graph;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.bilora.text.JsonTokenizer.Segments;
import org.bilora.text.Tokenizer;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TString;

/**
 * A tokenizer as part of a graph: strings in, token ids out, of TensorFlow's core operations alone,
 * so that a server without TensorFlow Text can run it. The ids are those of Hugging Face's
 * tokenizer, one by one.
 *
 * <p>Texts are UTF-8. Where the bytes are none, each ill-formed sequence reads as U+FFFD, as
 * decoders do that follow the Unicode Standard's practice (section 3.9; Python's {@code
 * errors="replace"} among them, Java's but for encoded surrogates).
 */
public final class GraphTokenizer {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final AddedTokenSplit added;
  private final Subwords subwords;
  private final Template template;
  private final Segments segments;
  private final boolean keepEnd;

  private GraphTokenizer(
      AddedTokenSplit added,
      Subwords subwords,
      Template template,
      Segments segments,
      boolean keepEnd) {
    this.added = added;
    this.subwords = subwords;
    this.template = template;
    this.segments = segments;
    this.keepEnd = keepEnd;
  }

  /**
   * Reads a definition.
   *
   * @param definition the bytes of a {@code tokenizer.json}
   * @throws UnsupportedTokenizerException when a step of it cannot be done exactly: which
   * @throws IOException when it is not JSON
   */
  public static GraphTokenizer of(byte[] definition, Segments segments)
      throws IOException, UnsupportedTokenizerException {
    JsonNode root = JSON.readTree(definition);
    String model = root.path("model").path("type").asText("none");
    Subwords subwords =
        switch (model) {
          case "WordPiece" -> WordPiece.of(root);
          case "BPE" -> BytePairs.of(root);
          default ->
              throw new UnsupportedTokenizerException(
                  "model %s; WordPiece and BPE are known".formatted(model));
        };
    return new GraphTokenizer(
        AddedTokenSplit.of(root),
        subwords,
        Template.of(root),
        segments,
        root.path("truncation").path("direction").asText().equals("Left"));
  }

  /**
   * Holds the graph's ids against the tokenizer's on texts of many kinds.
   *
   * @param tokenizer the tokenizer of the same definition
   * @param pairs whether texts come in pairs
   * @throws UnsupportedTokenizerException when they differ: on which text
   */
  public void requireSameIds(Tokenizer tokenizer, boolean pairs, int maxTokens, int padTokenId)
      throws UnsupportedTokenizerException {
    SameIds.require(this, tokenizer, pairs, maxTokens, padTokenId);
  }

  /**
   * Builds the tokenizer into a graph.
   *
   * @param texts {@code [rows]}
   * @param pairs second texts, {@code [rows]}
   * @param maxTokens most tokens of a row, special tokens included; more are cut, of a pair the
   *     longer text's first
   * @param padTokenId fills up the shorter rows of a batch
   * @throws IllegalArgumentException when the special tokens leave no room for text
   */
  public TokenizedTexts build(
      Ops tf,
      Operand<TString> texts,
      Optional<Operand<TString>> pairs,
      int maxTokens,
      int padTokenId) {
    List<Template.Piece> pieces = pairs.isPresent() ? template.pair() : template.single();
    if (maxTokens <= Template.specials(pieces)) {
      throw new IllegalArgumentException(
          "maxTokens is %d; it must be more than the %d special tokens"
              .formatted(maxTokens, Template.specials(pieces)));
    }
    Tables tables = new Tables(tf);
    Operand<TInt32> rows = new Vectors(tf).length(texts);
    Operand<TString> all =
        pairs.isPresent() ? tf.concat(List.of(texts, pairs.get()), tf.constant(0)) : texts;
    FlatText text = FlatText.of(tf, all);
    FlatTokens tokens = subwords.tokens(tf, text, added.find(tf, text), tables);
    Assembly.Matrices matrices =
        new Assembly(tf, keepEnd).matrices(tokens, rows, pieces, maxTokens, padTokenId);
    return new TokenizedTexts(
        matrices.inputIds(),
        matrices.attentionMask(),
        segments == Segments.NONE ? tf.zerosLike(matrices.tokenTypeIds()) : matrices.tokenTypeIds(),
        ImmutableList.copyOf(tables.initializers()));
  }
}
