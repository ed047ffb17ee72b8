package org.bilora.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hashing;
import com.google.common.io.LittleEndianDataInputStream;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.bilora.method.Lora;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TinyEncoders;
import org.bilora.text.Encoding;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorProto;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;
import org.tensorflow.types.family.TType;

/** The signatures as clients of TensorFlow Serving call them. */
class ServingSignaturesTest {
  private static final List<String> FIRST =
      List.of("w1 w2, w3", "", "W4", "w5 unknown [SEP] w6 ".repeat(9), "w1 w2, w3");
  private static final List<String> SECOND = List.of("w7", "w8 w9", "", "w1 ".repeat(30), "w7 w2");

  @TempDir private Path folder;

  @Test
  void textsGoInAndLabelsComeOutAsTheTokenizerAndTheLogitsSay() throws IOException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(1))) {
      SavedModelExport.Report report = export(encoder, 3);
      assertEquals(
          List.of("serving_default", "serving_int64", "serving_ids", "serving_text"),
          report.signatures());
      assertTrue(report.textRefusal().isEmpty());
      float[][] expected = new float[FIRST.size()][];
      try (ServingSession session = ServingSession.open(report.directory())) {
        for (int i = 0; i < FIRST.size(); i++) {
          Encoding alone = encode(encoder, i);
          expected[i] = session.run(PaddedTexts.of(List.of(alone), 0)).logits()[0];
        }
      }
      try (SavedModelBundle bundle = load(report);
          TString first = strings(FIRST);
          TString second = strings(SECOND);
          Called result =
              call(bundle, "serving_text", Map.of("text", first, "text_pair", second))) {
        TFloat32 logits = (TFloat32) result.output("logits");
        TString labels = (TString) result.output("label");
        for (int i = 0; i < FIRST.size(); i++) {
          int best = 0;
          for (int c = 0; c < 3; c++) {
            assertEquals(expected[i][c], logits.getFloat(i, c), 1e-5f, "text " + i);
            best = expected[i][c] > expected[i][best] ? c : best;
          }
          assertEquals(List.of("a", "b", "c").get(best), labels.getObject(i));
        }
      }
    }
  }

  @Test
  void theLabelIsTheClassOfTheLargestLogit() throws IOException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(6));
        TString first = strings(FIRST);
        TString second = strings(SECOND)) {
      TrainedTinyModels trained = TrainedTinyModels.trained(encoder, 3, Lora.USUAL);
      for (int best = 1; best < 3; best++) {
        ServingModel model = trained.merged();
        Map<String, HostTensor> weights = new HashMap<>(model.weights());
        float[] bias = weights.get("classifier.bias").values().clone();
        bias[best] += 100;
        weights.put("classifier.bias", HostTensor.of(bias, bias.length));
        List<ReferenceLogits> references = new ArrayList<>();
        for (ReferenceLogits reference : trained.references()) {
          for (float[] logits : reference.logits()) {
            logits[best] += 100;
          }
          references.add(reference);
        }
        SavedModelExport.Report report =
            SavedModelExport.write(
                ServingModel.of(encoder, model.head(), weights, model.labels(), 20, true),
                references,
                folder.resolve("model"),
                OptionalLong.empty());
        for (ReferenceLogits reference : references) {
          for (float[] logits : reference.logits()) {
            logits[best] -= 100;
          }
        }
        try (SavedModelBundle bundle = load(report);
            Called result =
                call(bundle, "serving_text", Map.of("text", first, "text_pair", second))) {
          assertEquals(
              "abc".substring(best, best + 1), ((TString) result.output("label")).getObject(2));
        }
      }
    }
  }

  @Test
  void aScoreOfATextIsTheScoreOfItsTokens() throws IOException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(2))) {
      SavedModelExport.Report report = export(encoder, 1);
      try (ServingSession session = ServingSession.open(report.directory());
          SavedModelBundle bundle = load(report);
          TString first = strings(FIRST);
          TString second = strings(SECOND);
          Called result =
              call(bundle, "serving_text", Map.of("text", first, "text_pair", second))) {
        assertFalse(result.outputs().contains("label"));
        for (int i = 0; i < FIRST.size(); i++) {
          float[][] logits = session.run(PaddedTexts.of(List.of(encode(encoder, i)), 0)).logits();
          assertEquals(logits[0][0], ((TFloat32) result.output("scores")).getFloat(i), 1e-5f);
        }
      }
    }
  }

  /** As TensorFlow Serving pads when pad_variable_length_inputs is set. */
  @Test
  void rowsPaddedWithTheirFirstElementAreAnsweredAsUnpadded() throws IOException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(3))) {
      SavedModelExport.Report report = export(encoder, 3);
      List<Encoding> encodings = new ArrayList<>();
      for (int i = 0; i < FIRST.size(); i++) {
        encodings.add(encode(encoder, i));
      }
      try (ServingSession session = ServingSession.open(report.directory());
          SavedModelBundle bundle = load(report);
          TInt32 ids = padded(encodings, Column.IDS, true);
          TInt32 mask = padded(encodings, Column.MASK, true);
          TInt32 types = padded(encodings, Column.TYPES, true);
          TInt64 wideIds = wide(padded(encodings, Column.IDS, true));
          TInt64 wideMask = wide(padded(encodings, Column.MASK, true));
          TInt64 wideTypes = wide(padded(encodings, Column.TYPES, true));
          TInt64 zeroPadded = wide(padded(encodings, Column.IDS, false));
          Called narrow = call(bundle, "serving_default", inputs(ids, mask, types));
          Called wide = call(bundle, "serving_int64", inputs(wideIds, wideMask, wideTypes));
          Called unmasked =
              call(
                  bundle,
                  "serving_ids",
                  Map.of("input_ids", wideIds, "token_type_ids", wideTypes));
          Called unmaskedZero =
              call(
                  bundle,
                  "serving_ids",
                  Map.of("input_ids", zeroPadded, "token_type_ids", wideTypes))) {
        for (int i = 0; i < encodings.size(); i++) {
          float[] alone = session.run(PaddedTexts.of(List.of(encodings.get(i)), 0)).logits()[0];
          for (Called result : List.of(narrow, wide, unmasked, unmaskedZero)) {
            TFloat32 logits = (TFloat32) result.output("logits");
            float[] row = {logits.getFloat(i, 0), logits.getFloat(i, 1), logits.getFloat(i, 2)};
            assertArrayEquals(alone, row, 1e-5f, "text " + i);
          }
        }
      }
    }
  }

  /** Python's loader renames tables, and all alike only where sharing by name is asked for. */
  @Test
  void everyUseOfATableAsksToShareItByName() throws IOException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(7));
        SavedModelBundle bundle = load(export(encoder, 3))) {
      GraphDef graph = bundle.metaGraphDef().getGraphDef();
      List<NodeDef> nodes = new ArrayList<>(graph.getNodeList());
      graph.getLibrary().getFunctionList().forEach(body -> nodes.addAll(body.getNodeDefList()));
      List<NodeDef> tables =
          nodes.stream().filter(node -> node.getOp().equals("HashTableV2")).toList();
      assertEquals(2, tables.size());
      Set<String> names = new TreeSet<>();
      for (NodeDef table : tables) {
        assertTrue(table.getAttrOrThrow("use_node_name_sharing").getB(), table.getName());
        names.add(table.getAttrOrThrow("shared_name").getS().toStringUtf8());
      }
      assertEquals(1, names.size(), names.toString());
    }
  }

  @Test
  void aTokenizerThatAGraphCannotDoLeavesTheTextSignatureOutAndIsNamed() throws IOException {
    try (PretrainedEncoder encoder = TinyEncoders.bert(4)) {
      SavedModelExport.Report report = export(encoder, 3);
      assertEquals("model words; WordPiece and BPE are known", report.textRefusal().orElseThrow());
      assertEquals(List.of("serving_default", "serving_int64", "serving_ids"), report.signatures());
      try (ServingSession session = ServingSession.open(report.directory())) {
        assertFalse(session.has("serving_text"));
      }
      String readme = Files.readString(report.directory().resolveSibling("README.md"));
      assertFalse(readme.contains("serving_text"), readme);
    }
  }

  @Test
  void warmupRequestsAreOnePerSignatureBatchSizeAndLength() throws IOException {
    try (PretrainedEncoder encoder = TrainedTinyModels.withJsonTokenizer(TinyEncoders.bert(5))) {
      SavedModelExport.Report report = export(encoder, 3);
      Map<String, Set<List<Long>>> shapes = new TreeMap<>();
      int records = 0;
      for (byte[] record : records(report.directory().resolve(WarmupRequests.FILE))) {
        // PredictionLog.predict_log.request
        UnknownFieldSet log = UnknownFieldSet.parseFrom(record);
        UnknownFieldSet request = message(message(log, 6), 1);
        UnknownFieldSet spec = message(request, 1);
        assertEquals("model", string(spec, 1));
        SignatureDef signature;
        try (SavedModelBundle bundle = records == 0 ? load(report) : null) {
          signature =
              bundle == null ? null : bundle.metaGraphDef().getSignatureDefOrThrow(string(spec, 3));
        }
        Set<String> names = new TreeSet<>();
        for (ByteString entry : request.getField(2).getLengthDelimitedList()) {
          UnknownFieldSet pair = UnknownFieldSet.parseFrom(entry);
          names.add(string(pair, 1));
          TensorProto tensor =
              TensorProto.parseFrom(pair.getField(2).getLengthDelimitedList().get(0));
          List<Long> shape =
              tensor.getTensorShape().getDimList().stream().map(dim -> dim.getSize()).toList();
          long values =
              tensor.getDtype() == DataType.DT_STRING
                  ? tensor.getStringValCount()
                  : tensor.getIntValCount();
          assertEquals(shape.stream().reduce(1L, (a, b) -> a * b), values);
          shapes.computeIfAbsent(string(spec, 3), any -> new HashSet<>()).add(shape);
        }
        if (signature != null) {
          assertEquals(signature.getInputsMap().keySet(), names);
        }
        records++;
      }
      assertEquals(2 * 6 * 2, records);
      Set<List<Long>> expected = new HashSet<>();
      for (long rows : List.of(1L, 2L, 4L, 8L, 16L, 32L)) {
        expected.add(List.of(rows, 16L));
        expected.add(List.of(rows, 20L));
      }
      assertEquals(expected, shapes.get("serving_default"));
      assertEquals(6, shapes.get("serving_text").size());
    }
  }

  private SavedModelExport.Report export(PretrainedEncoder encoder, int labels) throws IOException {
    TrainedTinyModels trained = TrainedTinyModels.trained(encoder, labels, Lora.USUAL);
    return SavedModelExport.write(
        trained.merged(), trained.references(), folder.resolve("model"), OptionalLong.empty());
  }

  private static Encoding encode(PretrainedEncoder encoder, int i) {
    return encoder.tokenizer().encode(FIRST.get(i), Optional.of(SECOND.get(i)), 20);
  }

  private static SavedModelBundle load(SavedModelExport.Report report) {
    return SavedModelBundle.load(report.directory().toString(), "serve");
  }

  private static Called call(
      SavedModelBundle bundle, String name, Map<String, ? extends TType> inputs) {
    SignatureDef signature = bundle.metaGraphDef().getSignatureDefOrThrow(name);
    assertEquals(signature.getInputsMap().keySet(), inputs.keySet());
    Session.Runner runner = bundle.session().runner();
    inputs.forEach(
        (input, tensor) -> runner.feed(signature.getInputsOrThrow(input).getName(), tensor));
    List<String> outputs = ImmutableList.copyOf(signature.getOutputsMap().keySet());
    outputs.forEach(output -> runner.fetch(signature.getOutputsOrThrow(output).getName()));
    return new Called(runner.run(), outputs);
  }

  /** Outputs by name. */
  private record Called(Result result, List<String> outputs) implements AutoCloseable {
    Tensor output(String name) {
      return result.get(outputs.indexOf(name));
    }

    @Override
    public void close() {
      result.close();
    }
  }

  private enum Column {
    IDS,
    MASK,
    TYPES
  }

  private static Map<String, TType> inputs(TType ids, TType mask, TType types) {
    return Map.of("input_ids", ids, "attention_mask", mask, "token_type_ids", types);
  }

  /** Rows filled up with their own first element, or with 0. */
  private static TInt32 padded(List<Encoding> encodings, Column column, boolean withFirst) {
    int length = encodings.stream().mapToInt(Encoding::length).max().orElseThrow();
    int[][] rows = new int[encodings.size()][length];
    for (int row = 0; row < rows.length; row++) {
      Encoding encoding = encodings.get(row);
      int[] ones = new int[encoding.length()];
      Arrays.fill(ones, 1);
      int[] values =
          switch (column) {
            case IDS -> encoding.inputIds();
            case MASK -> ones;
            case TYPES -> encoding.tokenTypeIds();
          };
      Arrays.fill(rows[row], withFirst ? values[0] : 0);
      System.arraycopy(values, 0, rows[row], 0, values.length);
    }
    return TInt32.tensorOf(StdArrays.ndCopyOf(rows));
  }

  private static TInt64 wide(TInt32 narrow) {
    try (narrow) {
      long[][] rows = new long[(int) narrow.shape().get(0)][(int) narrow.shape().get(1)];
      for (int row = 0; row < rows.length; row++) {
        for (int at = 0; at < rows[row].length; at++) {
          rows[row][at] = narrow.getInt(row, at);
        }
      }
      return TInt64.tensorOf(StdArrays.ndCopyOf(rows));
    }
  }

  private static TString strings(List<String> texts) {
    return TString.tensorOf(
        StandardCharsets.UTF_8, NdArrays.vectorOfObjects(texts.toArray(String[]::new)));
  }

  /** The records of a TFRecord file, their checksums seen to be right. */
  private static List<byte[]> records(Path file) throws IOException {
    List<byte[]> records = new ArrayList<>();
    try (var in = new LittleEndianDataInputStream(Files.newInputStream(file))) {
      while (in.available() > 0) {
        byte[] record = new byte[(int) in.readLong()];
        in.readInt();
        in.readFully(record);
        int crc = Hashing.crc32c().hashBytes(record).asInt();
        assertEquals(Integer.rotateRight(crc, 15) + 0xa282ead8, in.readInt());
        records.add(record);
      }
    }
    return records;
  }

  private static UnknownFieldSet message(UnknownFieldSet fields, int number) throws IOException {
    assertEquals(1, fields.getField(number).getLengthDelimitedList().size());
    return UnknownFieldSet.parseFrom(fields.getField(number).getLengthDelimitedList().get(0));
  }

  private static String string(UnknownFieldSet fields, int number) {
    return fields.getField(number).getLengthDelimitedList().get(0).toStringUtf8();
  }
}
