package org.bilora.export;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.adapter.LowRank;
import org.bilora.export.ServedOutputs.LabelNames;
import org.bilora.model.Dropout;
import org.bilora.model.Encoder;
import org.bilora.model.EncoderHead;
import org.bilora.model.EncoderInputs;
import org.bilora.model.Weights;
import org.bilora.text.graph.GraphTokenizer;
import org.bilora.text.graph.TokenizedTexts;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;
import org.tensorflow.types.family.TNumber;

/** The graph of an encoder as it is served: a forward pass per signature on one set of weights. */
final class ServingGraph implements AutoCloseable {
  static final String INPUT_IDS = "input_ids";
  static final String ATTENTION_MASK = "attention_mask";
  static final String TOKEN_TYPE_IDS = "token_type_ids";
  static final String LOGITS = "logits";
  static final String PROBABILITIES = "probabilities";
  static final String SCORES = "scores";
  static final String LABEL = "label";
  static final String TEXT = "text";
  static final String TEXT_PAIR = "text_pair";

  /** Ids as int32, with their mask. */
  static final String SIGNATURE = "serving_default";

  /** The same as int64. */
  static final String INT64_SIGNATURE = "serving_int64";

  /** Ids as int64, without a mask. */
  static final String IDS_SIGNATURE = "serving_ids";

  /** Texts. */
  static final String TEXT_SIGNATURE = "serving_text";

  static final List<String> ID_SIGNATURES =
      ImmutableList.of(SIGNATURE, INT64_SIGNATURE, IDS_SIGNATURE);

  static final String METHOD = SavedGraph.METHOD;
  static final String TAG = SavedGraph.TAG;

  private final ServingModel model;
  private final SavedGraph graph;
  private final RowPadding padding;

  /**
   * Builds it.
   *
   * @param tokenizer for the signature that takes texts; without it there is none
   */
  ServingGraph(ServingModel model, Optional<GraphTokenizer> tokenizer) {
    this.model = model;
    this.graph = new SavedGraph(model.weights());
    Ops tf = graph.tf();
    this.padding = RowPadding.of(model.encoder(), model.maxTokens());
    boolean typed = model.encoder().config().typeVocabSize() > 1;
    buildIds(SIGNATURE, tf, TInt32.class, true, typed);
    buildIds(INT64_SIGNATURE, tf.withSubScope(INT64_SIGNATURE), TInt64.class, true, typed);
    // Segments of single texts are all the same, and so not asked for.
    buildIds(
        IDS_SIGNATURE, tf.withSubScope(IDS_SIGNATURE), TInt64.class, false, typed && model.pairs());
    tokenizer.ifPresent(this::buildTexts);
  }

  /** Names of the signatures. */
  List<String> signatures() {
    return graph.signatures();
  }

  /** Ids, mask and, where the model has them, segments; the mask is made where it is not taken. */
  private <N extends TNumber> void buildIds(
      String name, Ops scope, Class<N> type, boolean takesMask, boolean takesSegments) {
    ServingSignature signature = new ServingSignature();
    Operand<TInt32> ids = signature.ids(INPUT_IDS, scope, type);
    Optional<Operand<TInt32>> given =
        takesMask ? Optional.of(signature.ids(ATTENTION_MASK, scope, type)) : Optional.empty();
    Operand<TInt32> types =
        takesSegments ? signature.ids(TOKEN_TYPE_IDS, scope, type) : scope.zerosLike(ids);
    Operand<TInt32> mask = padding.mask(scope, ids, given);
    Optional<RowAdapters> adapters = adapters(signature, scope);
    buildForwardPass(signature, scope, new EncoderInputs(ids, mask, types), adapters);
    graph.add(name, signature);
  }

  /** Texts, through the tokenizer. */
  private void buildTexts(GraphTokenizer tokenizer) {
    Ops scope = graph.tf().withSubScope(TEXT_SIGNATURE);
    ServingSignature signature = new ServingSignature();
    Operand<TString> texts = signature.strings(TEXT, scope);
    Optional<Operand<TString>> pairs =
        model.pairs() ? Optional.of(signature.strings(TEXT_PAIR, scope)) : Optional.empty();
    Optional<RowAdapters> adapters = adapters(signature, scope);
    int pad = padding.padTokenId();
    TokenizedTexts tokenized =
        adapters.isPresent()
            ? new TextReadings(model.adapters().orElseThrow().adapters())
                .build(scope, tokenizer, texts, pairs, adapters.get().numbers(), pad)
            : tokenizer.build(scope, texts, pairs, model.maxTokens(), pad);
    graph.initialize(tokenized.initializers());
    buildForwardPass(
        signature,
        scope,
        new EncoderInputs(
            tokenized.inputIds(), tokenized.attentionMask(), tokenized.tokenTypeIds()),
        adapters);
    graph.add(TEXT_SIGNATURE, signature);
  }

  /** The adapter that each row names, where there are several. */
  private Optional<RowAdapters> adapters(ServingSignature signature, Ops scope) {
    return model
        .adapters()
        .map(
            bank ->
                new RowAdapters(
                    bank, scope, signature.strings(RowAdapters.INPUT, scope), graph::value));
  }

  private void buildForwardPass(
      ServingSignature signature, Ops scope, EncoderInputs batch, Optional<RowAdapters> adapters) {
    EncoderHead head = model.head();
    Map<String, LowRank> increments = adapters.map(RowAdapters::increments).orElse(Map.of());
    Operand<TFloat32> hidden =
        new Encoder<TFloat32>(model.encoder().config(), graph::value, increments, 0)
            .lastHiddenState(scope, batch, Dropout.off());
    Weights<TFloat32> own = adapters.map(rows -> rows.head(head, batch)).orElse(graph::value);
    Operand<TFloat32> logits = head.logits(scope, batch, hidden, own, Dropout.off());
    ServedOutputs outputs = model.outputs();
    Operand<TFloat32> shaped =
        outputs.perToken() ? scope.reshape(logits, batch.dimensions(scope, head.labels())) : logits;
    LabelNames names =
        adapters
            .<LabelNames>map(rows -> rows::labels)
            .orElseGet(() -> LabelNames.of(model.labels()));
    outputs.declare(signature, scope, shaped, head.labels(), names);
  }

  /**
   * Writes the graph, once, and its weights: {@link SavedGraph#write}.
   *
   * @param assetFiles names of the files under {@code assets}
   */
  void write(Path directory, List<String> assetFiles) throws IOException {
    graph.write(directory, assetFiles);
  }

  @Override
  public void close() {
    graph.close();
  }
}
