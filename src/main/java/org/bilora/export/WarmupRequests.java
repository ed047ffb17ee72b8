package org.bilora.export;

import com.google.common.primitives.Ints;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.text.Encoding;
import org.bilora.text.Tokenizer;
import org.bilora.weights.AtomicFile;
import org.bilora.weights.TensorFlowRecord;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.TensorProto;
import org.tensorflow.proto.TensorShapeProto;

/**
 * Requests that TensorFlow Serving sends to a model before it serves it, so that nobody's first
 * request pays for what TensorFlow prepares on the first run of a shape: one per signature that
 * takes texts or int32 ids, batch size and length.
 *
 * <p>The file is a TFRecord file of {@code tensorflow.serving.PredictionLog} messages. TensorFlow
 * Java has no classes for them; of their fields these are written:
 *
 * <pre>
 * PredictionLog   { PredictLog predict_log = 6 }
 * PredictLog      { PredictRequest request = 1 }
 * PredictRequest  { ModelSpec model_spec = 1; map&lt;string, TensorProto&gt; inputs = 2 }
 * ModelSpec       { string name = 1; string signature_name = 3 }
 * </pre>
 */
final class WarmupRequests {
  static final String FILE = "assets.extra/tf_serving_warmup_requests";

  private static final String SENTENCE =
      "The committee approved the budget after a long debate, although nobody had read it. ";

  private WarmupRequests() {}

  /** Writes the file. */
  static void write(ServingModel model, String name, List<String> signatures, Path savedModel)
      throws IOException {
    AtomicFile.write(savedModel.resolve(FILE), out -> write(model, name, signatures, out));
  }

  private static void write(
      ServingModel model, String name, List<String> signatures, OutputStream out)
      throws IOException {
    for (int length : ServingLimits.lengths(model.maxTokens())) {
      String text = text(model, length);
      Optional<String> pair = model.pairs() ? Optional.of(text) : Optional.empty();
      Encoding encoding = full(model, length);
      for (int rows : ServingLimits.BATCH_SIZES) {
        Map<String, TensorProto> ids = ids(model, encoding, rows);
        TensorFlowRecord.write(out, predictionLog(name, ServingGraph.SIGNATURE, ids));
        if (signatures.contains(ServingGraph.TEXT_SIGNATURE)) {
          TensorFlowRecord.write(
              out,
              predictionLog(name, ServingGraph.TEXT_SIGNATURE, texts(model, text, pair, rows)));
        }
      }
    }
  }

  /** A text that is cut to that many tokens. */
  private static Encoding full(ServingModel model, int length) {
    String text = SENTENCE.repeat(1 + length / 8);
    Optional<String> pair = model.pairs() ? Optional.of(text) : Optional.empty();
    return model.encoder().tokenizer().encode(text, pair, length);
  }

  /** A text of that many tokens or a few less, special tokens included. */
  private static String text(ServingModel model, int length) {
    Tokenizer tokenizer = model.encoder().tokenizer();
    String[] words = SENTENCE.repeat(1 + length / 8).split(" ");
    int count = Math.min(words.length, length);
    while (count > 1) {
      String text = String.join(" ", Arrays.copyOf(words, count));
      Optional<String> pair = model.pairs() ? Optional.of(text) : Optional.empty();
      if (!tokenizer.encode(text, pair, length).truncated()) {
        return text;
      }
      count--;
    }
    return words[0];
  }

  private static Map<String, TensorProto> ids(ServingModel model, Encoding encoding, int rows) {
    int[] mask = new int[encoding.length()];
    Arrays.fill(mask, 1);
    Map<String, TensorProto> inputs = new LinkedHashMap<>();
    inputs.put(ServingGraph.INPUT_IDS, matrix(encoding.inputIds(), rows));
    inputs.put(ServingGraph.ATTENTION_MASK, matrix(mask, rows));
    putAdapters(model, inputs, rows);
    if (model.encoder().config().typeVocabSize() > 1) {
      inputs.put(ServingGraph.TOKEN_TYPE_IDS, matrix(encoding.tokenTypeIds(), rows));
    }
    return inputs;
  }

  private static Map<String, TensorProto> texts(
      ServingModel model, String text, Optional<String> pair, int rows) {
    Map<String, TensorProto> inputs = new LinkedHashMap<>();
    inputs.put(ServingGraph.TEXT, vector(Collections.nCopies(rows, text)));
    List<ServedAdapter> adapters = putAdapters(model, inputs, rows);
    pair.ifPresent(
        second -> {
          List<String> seconds = new ArrayList<>(Collections.nCopies(rows, second));
          for (int row = 0; row < adapters.size(); row++) {
            seconds.set(row, adapters.get(row).pairs() ? second : "");
          }
          inputs.put(ServingGraph.TEXT_PAIR, vector(seconds));
        });
    return inputs;
  }

  /** Rows of all adapters in turn, where there are several. */
  private static List<ServedAdapter> putAdapters(
      ServingModel model, Map<String, TensorProto> inputs, int rows) {
    List<ServedAdapter> ofRows = new ArrayList<>();
    model
        .adapters()
        .ifPresent(
            bank -> {
              for (int row = 0; row < rows; row++) {
                ofRows.add(bank.adapters().get(row % bank.adapters().size()));
              }
              inputs.put(
                  RowAdapters.INPUT, vector(ofRows.stream().map(ServedAdapter::name).toList()));
            });
    return ofRows;
  }

  private static TensorProto matrix(int[] row, int rows) {
    List<Integer> values = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      values.addAll(Ints.asList(row));
    }
    return TensorProto.newBuilder()
        .setDtype(DataType.DT_INT32)
        .setTensorShape(shape(rows, row.length))
        .addAllIntVal(values)
        .build();
  }

  private static TensorProto vector(List<String> texts) {
    return TensorProto.newBuilder()
        .setDtype(DataType.DT_STRING)
        .setTensorShape(shape(texts.size()))
        .addAllStringVal(texts.stream().map(ByteString::copyFromUtf8).toList())
        .build();
  }

  private static TensorShapeProto shape(long... sizes) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (long size : sizes) {
      shape.addDim(TensorShapeProto.Dim.newBuilder().setSize(size));
    }
    return shape.build();
  }

  private static byte[] predictionLog(
      String model, String signature, Map<String, TensorProto> inputs) {
    byte[] spec =
        message(
            out -> {
              out.writeString(1, model);
              out.writeString(3, signature);
            });
    byte[] request =
        message(
            out -> {
              out.writeByteArray(1, spec);
              for (Map.Entry<String, TensorProto> input : inputs.entrySet()) {
                out.writeByteArray(2, entry(input.getKey(), input.getValue()));
              }
            });
    byte[] log = message(out -> out.writeByteArray(1, request));
    return message(out -> out.writeByteArray(6, log));
  }

  /** An entry of a map: key 1, value 2. */
  private static byte[] entry(String key, MessageLite value) {
    return message(
        out -> {
          out.writeString(1, key);
          out.writeMessage(2, value);
        });
  }

  private interface Fields {
    void writeTo(CodedOutputStream out) throws IOException;
  }

  private static byte[] message(Fields fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      fields.writeTo(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
    return bytes.toByteArray();
  }
}
