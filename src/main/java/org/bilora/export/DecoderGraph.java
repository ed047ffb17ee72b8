package org.bilora.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bilora.generate.GreedyLoop;
import org.bilora.generate.Prompt;
import org.bilora.model.PretrainedDecoder;
import org.bilora.text.JsonTokenizer.Segments;
import org.bilora.text.graph.GraphDetokenizer;
import org.bilora.text.graph.GraphTokenizer;
import org.bilora.text.graph.TokenizedTexts;
import org.bilora.text.graph.UnsupportedTokenizerException;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;
import org.tensorflow.types.family.TNumber;

/**
 * A decoder's graph as it is served: prompts in, what greedy decoding writes out.
 *
 * <pre>
 * serving_default   input_ids, attention_mask: int32 [rows, length]   output_ids [rows, tokens], length [rows]
 * serving_int64     the same: int64
 * serving_text      text: strings [rows]                              generated_text [rows], and the two
 * </pre>
 */
final class DecoderGraph implements AutoCloseable {
  static final String OUTPUT_IDS = "output_ids";
  static final String LENGTH = "length";
  static final String GENERATED_TEXT = "generated_text";

  private final TrainedDecoder trained;
  private final PretrainedDecoder model;
  private final SavedGraph graph;
  private final GreedyLoop loop;
  private final Optional<String> textRefusal;

  /**
   * Builds it.
   *
   * @throws ExportRefusedException when the model asks for what the loop does not do
   */
  DecoderGraph(TrainedDecoder trained) throws IOException {
    this.trained = trained;
    this.model = trained.merged();
    try {
      this.loop = new GreedyLoop(model, trained.decoding());
    } catch (IllegalArgumentException e) {
      throw new ExportRefusedException(e.getMessage() + "; export it as huggingface");
    }
    this.graph = new SavedGraph(model.weights());
    buildIds(ServingGraph.SIGNATURE, graph.tf(), TInt32.class);
    buildIds(
        ServingGraph.INT64_SIGNATURE,
        graph.tf().withSubScope(ServingGraph.INT64_SIGNATURE),
        TInt64.class);
    this.textRefusal = buildTexts();
  }

  List<String> signatures() {
    return graph.signatures();
  }

  /** Why there is no signature that takes texts; empty where there is one. */
  Optional<String> textRefusal() {
    return textRefusal;
  }

  /**
   * Writes the graph, once, and its weights: {@link SavedGraph#write}.
   *
   * @param assetFiles names of the files under {@code assets}
   */
  void write(Path directory, List<String> assetFiles) throws IOException {
    graph.write(directory, assetFiles);
  }

  private <N extends TNumber> void buildIds(String name, Ops scope, Class<N> type) {
    ServingSignature signature = new ServingSignature();
    Operand<TInt32> ids = signature.ids(ServingGraph.INPUT_IDS, scope, type);
    Operand<TInt32> mask = signature.ids(ServingGraph.ATTENTION_MASK, scope, type);
    GreedyLoop.Outputs written = loop.build(scope, ids, mask, graph::value);
    declare(signature, scope, written, type);
    graph.add(name, signature);
  }

  private static <N extends TNumber> void declare(
      ServingSignature signature, Ops scope, GreedyLoop.Outputs written, Class<N> type) {
    signature.output(
        OUTPUT_IDS,
        scope.withName(OUTPUT_IDS).identity(scope.dtypes.cast(written.ids(), type)),
        -1,
        -1);
    signature.output(LENGTH, scope.withName(LENGTH).identity(written.lengths()), -1);
  }

  private Optional<String> buildTexts() throws IOException {
    int most = Prompt.longest(model.config(), trained.decoding().maxNewTokens());
    int read = trained.contexts() ? most - 1 : most;
    int pad = GreedyLoop.filler(model);
    GraphTokenizer tokenizer;
    GraphDetokenizer detokenizer;
    try {
      byte[] definition = model.tokenizer().definition();
      tokenizer = GraphTokenizer.of(definition, Segments.NONE);
      tokenizer.requireSameIds(model.tokenizer(), false, read, pad);
      detokenizer = GraphDetokenizer.of(definition);
    } catch (UnsupportedTokenizerException | IllegalArgumentException e) {
      return Optional.of(e.getMessage());
    } catch (JsonProcessingException e) {
      return Optional.of("it is no JSON");
    }
    Ops scope = graph.tf().withSubScope(ServingGraph.TEXT_SIGNATURE);
    ServingSignature signature = new ServingSignature();
    Operand<TString> texts = signature.strings(ServingGraph.TEXT, scope);
    TokenizedTexts tokens = tokenizer.build(scope, texts, Optional.empty(), read, pad);
    graph.initialize(tokens.initializers());
    Closed closed = closed(scope, tokens, pad, model.config().endOfTextId());
    GreedyLoop.Outputs written = loop.build(scope, closed.ids(), closed.mask(), graph::value);
    declare(signature, scope, written, TInt32.class);
    signature.output(
        GENERATED_TEXT,
        scope
            .withName(GENERATED_TEXT)
            .identity(detokenizer.build(scope, written.ids(), written.lengths())),
        -1);
    graph.add(ServingGraph.TEXT_SIGNATURE, signature);
    return Optional.empty();
  }

  private record Closed(Operand<TInt32> ids, Operand<TInt32> mask) {}

  /**
   * Prompts as {@link Prompt} makes them: an end of text behind a context, or for an empty text.
   */
  private Closed closed(Ops tf, TokenizedTexts tokens, int pad, int end) {
    Operand<TInt32> lengths = tf.reduceSum(tokens.attentionMask(), tf.constant(1));
    Operand<TInt32> wider =
        tf.pad(tokens.inputIds(), tf.constant(new int[][] {{0, 0}, {0, 1}}), tf.constant(pad));
    Operand<TInt32> columns =
        tf.math.sub(tf.math.cumsum(tf.onesLike(wider), tf.constant(1)), tf.constant(1));
    Operand<TInt32> tokensOfRow = tf.expandDims(lengths, tf.constant(1));
    Operand<TBool> closes = tf.math.equal(columns, tokensOfRow);
    if (!trained.contexts()) {
      closes = tf.math.logicalAnd(closes, tf.math.equal(tokensOfRow, tf.constant(0)));
    }
    Operand<TInt32> ends = tf.fill(tf.shape(wider), tf.constant(end));
    Operand<TBool> real = tf.math.logicalOr(tf.math.less(columns, tokensOfRow), closes);
    return new Closed(tf.select(closes, ends, wider), tf.dtypes.cast(real, TInt32.class));
  }

  @Override
  public void close() {
    graph.close();
  }
}
