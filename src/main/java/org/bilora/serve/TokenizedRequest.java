package org.bilora.serve;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.ImmutableSortedMap;
import com.google.common.collect.Maps;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bilora.export.PaddedTexts;
import org.bilora.export.ServedAdapter;
import org.bilora.export.ServedModel;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorShapeProto;

/**
 * The text signature of an export whose graph has none: the tokenizer packed with the export runs
 * here, in Java, and the graph gets ids.
 *
 * <pre>
 * text           [rows]           string
 * text_pair      [rows]           string, optional: the second texts of pairs
 * adapter        [rows]           string, where there are several adapters: each row's
 * </pre>
 *
 * <p>Outputs are the graph's, but for the logits ({@link org.bilora.export.ServedOutputs}).
 */
record TokenizedRequest(ServedModel model, GraphSignature graph) implements ServedSignature {
  /** What the signature is called, in the graph or here. */
  static final String NAME = "serving_text";

  static final String TEXT = "text";
  static final String TEXT_PAIR = "text_pair";
  static final String ADAPTER = "adapter";
  static final String LOGITS = "logits";
  static final String PROBABILITIES = "probabilities";
  static final String SCORES = "scores";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Map<String, ElementType> inputs() {
    ImmutableSortedMap.Builder<String, ElementType> inputs =
        ImmutableSortedMap.<String, ElementType>naturalOrder()
            .put(TEXT, ElementType.STRING)
            .put(TEXT_PAIR, ElementType.STRING);
    if (!model.adapters().isEmpty()) {
      inputs.put(ADAPTER, ElementType.STRING);
    }
    return inputs.build();
  }

  @Override
  public Set<String> optional() {
    return ImmutableSet.of(TEXT_PAIR);
  }

  @Override
  public SignatureDef definition() {
    SignatureDef.Builder definition =
        SignatureDef.newBuilder()
            .setMethodName("tensorflow/serving/predict")
            .putInputs(TEXT, info(TEXT, DataType.DT_STRING, -1))
            .putInputs(TEXT_PAIR, info(TEXT_PAIR, DataType.DT_STRING, -1));
    if (!model.adapters().isEmpty()) {
      definition.putInputs(ADAPTER, info(ADAPTER, DataType.DT_STRING, -1));
    }
    graph.definition().getOutputsMap().entrySet().stream()
        .filter(output -> !output.getKey().equals(LOGITS))
        .forEach(output -> definition.putOutputs(output.getKey(), output.getValue()));
    return definition.build();
  }

  private static TensorInfo info(String name, DataType type, long... shape) {
    TensorShapeProto.Builder axes = TensorShapeProto.newBuilder();
    for (long size : shape) {
      axes.addDim(TensorShapeProto.Dim.newBuilder().setSize(size));
    }
    return TensorInfo.newBuilder().setName(name).setDtype(type).setTensorShape(axes).build();
  }

  @Override
  public Map<String, Values> graphInputs(Map<String, Values> inputs) {
    List<String> first = texts(TEXT, inputs.get(TEXT));
    Optional<List<String>> second =
        Optional.ofNullable(inputs.get(TEXT_PAIR)).map(pairs -> texts(TEXT_PAIR, pairs));
    if (second.isPresent() && second.get().size() != first.size()) {
      throw RequestRefusedException.badRequest(
          "%s has %d rows, %s has %d; give one for each"
              .formatted(TEXT, first.size(), TEXT_PAIR, second.get().size()));
    }
    List<ServedModel.Text> texts = new ArrayList<>();
    for (int row = 0; row < first.size(); row++) {
      int at = row;
      texts.add(new ServedModel.Text(first.get(row), second.map(pairs -> pairs.get(at))));
    }
    PaddedTexts ids =
        model.adapters().isEmpty()
            ? model.encode(texts)
            : ofAdapters(texts, adapters(texts(ADAPTER, inputs.get(ADAPTER)), first.size()));
    Map<String, int[]> all =
        Map.of(
            "input_ids", ids.inputIds(),
            "attention_mask", ids.attentionMask(),
            "token_type_ids", ids.tokenTypeIds());
    ImmutableMap.Builder<String, Values> graphInputs = ImmutableMap.builder();
    graph
        .inputs()
        .forEach(
            (input, type) ->
                graphInputs.put(
                    input,
                    input.equals(ADAPTER)
                        ? inputs.get(ADAPTER)
                        : wholeNumbers(type, all.get(input), ids.length())));
    return graphInputs.build();
  }

  private List<ServedAdapter> adapters(List<String> names, int rows) {
    if (names.size() != rows) {
      throw RequestRefusedException.badRequest(
          "%s has %d rows, %s has %d; give one for each"
              .formatted(TEXT, rows, ADAPTER, names.size()));
    }
    try {
      return names.stream().map(model::adapter).toList();
    } catch (IllegalArgumentException unknown) {
      throw RequestRefusedException.badRequest(unknown.getMessage());
    }
  }

  /** Each text as its adapter reads texts. */
  private PaddedTexts ofAdapters(List<ServedModel.Text> texts, List<ServedAdapter> adapters) {
    List<ServedModel.Text> read = new ArrayList<>();
    for (int row = 0; row < texts.size(); row++) {
      ServedModel.Text text = texts.get(row);
      ServedAdapter adapter = adapters.get(row);
      Optional<String> second = text.second();
      boolean fits = adapter.pairs() ? second.isPresent() : second.orElse("").isEmpty();
      if (!fits) {
        throw RequestRefusedException.badRequest(
            "row %d: adapter %s reads %s"
                .formatted(
                    row,
                    adapter.name(),
                    adapter.pairs()
                        ? "pairs of texts; give a " + TEXT_PAIR
                        : "single texts; leave %s out or empty".formatted(TEXT_PAIR)));
      }
      read.add(adapter.pairs() ? text : ServedModel.Text.of(text.first()));
    }
    return model.encode(read, adapters.stream().map(ServedAdapter::maxTokens).toList());
  }

  private static Values wholeNumbers(ElementType type, int[] ids, int length) {
    Object elements =
        type == ElementType.INT64 ? java.util.Arrays.stream(ids).asLongStream().toArray() : ids;
    return new Values(type, Shape.of(ids.length / length, length), elements);
  }

  private static List<String> texts(String input, Values values) {
    if (values.shape().numDimensions() != 1 || values.rows() == 0) {
      throw RequestRefusedException.badRequest(
          "input %s has the shape %s; give a string for each row".formatted(input, values.shape()));
    }
    ImmutableList.Builder<String> texts = ImmutableList.builder();
    for (byte[] text : (byte[][]) values.elements()) {
      try {
        texts.add(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString());
      } catch (CharacterCodingException e) {
        throw RequestRefusedException.badRequest(
            "a value of input %s is not UTF-8".formatted(input));
      }
    }
    return texts.build();
  }

  @Override
  public Map<String, Values> outputs(Map<String, Values> graphOutputs) {
    return ImmutableMap.copyOf(Maps.filterKeys(graphOutputs, name -> !name.equals(LOGITS)));
  }
}
