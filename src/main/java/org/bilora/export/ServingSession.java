package org.bilora.export;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorShapeProto;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/** A SavedModel opened by the loader that TensorFlow Serving uses, and its predict signature. */
final class ServingSession implements AutoCloseable {
  private final SavedModelBundle bundle;
  private final SignatureDef signature;

  /**
   * Outputs of one batch.
   *
   * @param logits {@code [rows][labels]}, or {@code [rows][length × labels]} of tokens
   * @param probabilities likewise, absent for a regression task
   */
  record Outputs(float[][] logits, Optional<float[][]> probabilities) {}

  private ServingSession(SavedModelBundle bundle, SignatureDef signature) {
    this.bundle = bundle;
    this.signature = signature;
  }

  /**
   * Loads a version directory.
   *
   * @throws IOException when it is not a complete SavedModel with the predict signature
   */
  static ServingSession open(Path directory) throws IOException {
    for (String file : List.of("saved_model.pb", VariablesBundle.PREFIX + ".index")) {
      if (!Files.isRegularFile(directory.resolve(file))) {
        throw new IOException(
            "%s has no %s; it is not a complete export, export the run again"
                .formatted(directory, file));
      }
    }
    SavedModelBundle bundle;
    try {
      bundle = SavedModelBundle.load(directory.toString(), ServingGraph.TAG);
    } catch (TensorFlowException | IllegalStateException | IllegalArgumentException e) {
      throw damaged(directory, e);
    }
    try {
      SignatureDef signature =
          bundle.metaGraphDef().getSignatureDefMap().get(ServingGraph.SIGNATURE);
      if (signature == null
          || !signature.getMethodName().equals(ServingGraph.METHOD)
          || !signature.containsInputs(ServingGraph.INPUT_IDS)
          || !signature.containsInputs(ServingGraph.ATTENTION_MASK)
          || !signature.containsOutputs(ServingGraph.LOGITS)
          || signature.getOutputsOrThrow(ServingGraph.LOGITS).getTensorShape().getDimCount() < 2) {
        throw new IOException(
            "%s/saved_model.pb has no signature %s with the inputs and outputs of a text classifier; it was not exported by this project"
                .formatted(directory, ServingGraph.SIGNATURE));
      }
      return new ServingSession(bundle, signature);
    } catch (IOException | RuntimeException e) {
      bundle.close();
      throw e;
    }
  }

  private static IOException damaged(Path directory, RuntimeException e) {
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("").strip();
    return new IOException(
        "%s cannot be loaded (%s); export the run again".formatted(directory, message), e);
  }

  /** The loaded model, which {@link #close} closes. */
  SavedModelBundle bundle() {
    return bundle;
  }

  /** Columns of the logits, as the signature declares them. */
  int outputs() {
    TensorShapeProto shape = signature.getOutputsOrThrow(ServingGraph.LOGITS).getTensorShape();
    return Math.toIntExact(shape.getDim(shape.getDimCount() - 1).getSize());
  }

  /** Whether logits are per token rather than per text. */
  boolean perToken() {
    return signature.getOutputsOrThrow(ServingGraph.LOGITS).getTensorShape().getDimCount() == 3;
  }

  /** Whether there is a signature of that name. */
  boolean has(String name) {
    return bundle.metaGraphDef().containsSignatureDef(name);
  }

  /** Runs a batch. */
  Outputs run(PaddedTexts texts) {
    return run(ServingGraph.SIGNATURE, texts);
  }

  /** Runs a batch of token ids through a signature; it is fed those inputs that it has. */
  Outputs run(String name, PaddedTexts texts) {
    return run(name, texts, List.of());
  }

  /**
   * Runs a batch of token ids.
   *
   * @param adapters names of the rows' adapters; empty where there is one model
   */
  Outputs run(String name, PaddedTexts texts, List<String> adapters) {
    SignatureDef called = bundle.metaGraphDef().getSignatureDefOrThrow(name);
    Map<String, Tensor> fed = ids(called, texts);
    feedAdapters(fed, adapters);
    return run(called, fed);
  }

  /** Token ids for those inputs of a signature that take them; the caller closes the tensors. */
  static Map<String, Tensor> ids(SignatureDef called, PaddedTexts texts) {
    Shape shape = Shape.of(texts.rows(), texts.length());
    Map<String, int[]> inputs =
        Map.of(
            ServingGraph.INPUT_IDS, texts.inputIds(),
            ServingGraph.ATTENTION_MASK, texts.attentionMask(),
            ServingGraph.TOKEN_TYPE_IDS, texts.tokenTypeIds());
    Map<String, Tensor> fed = new HashMap<>();
    inputs.forEach(
        (input, values) -> {
          if (called.containsInputs(input)) {
            boolean wide = called.getInputsOrThrow(input).getDtype() == DataType.DT_INT64;
            fed.put(input, wide ? wide(shape, values) : narrow(shape, values));
          }
        });
    return fed;
  }

  private static void feedAdapters(Map<String, Tensor> fed, List<String> adapters) {
    if (!adapters.isEmpty()) {
      fed.put(RowAdapters.INPUT, strings(adapters.stream()));
    }
  }

  /**
   * Runs texts through the signature that takes such.
   *
   * @param adapters names of the rows' adapters; empty where there is one model
   */
  Outputs runTexts(List<ServedModel.Text> texts, List<String> adapters) {
    SignatureDef called = bundle.metaGraphDef().getSignatureDefOrThrow(ServingGraph.TEXT_SIGNATURE);
    Map<String, Tensor> fed = new HashMap<>();
    fed.put(ServingGraph.TEXT, strings(texts.stream().map(ServedModel.Text::first)));
    if (called.containsInputs(ServingGraph.TEXT_PAIR)) {
      fed.put(
          ServingGraph.TEXT_PAIR, strings(texts.stream().map(text -> text.second().orElse(""))));
    }
    feedAdapters(fed, adapters);
    return run(called, fed);
  }

  private Outputs run(SignatureDef called, Map<String, Tensor> fed) {
    Session.Runner runner = bundle.session().runner();
    try {
      fed.forEach((input, tensor) -> runner.feed(called.getInputsOrThrow(input).getName(), tensor));
      boolean classes = called.containsOutputs(ServingGraph.PROBABILITIES);
      runner.fetch(called.getOutputsOrThrow(ServingGraph.LOGITS).getName());
      if (classes) {
        runner.fetch(called.getOutputsOrThrow(ServingGraph.PROBABILITIES).getName());
      }
      try (Result result = runner.run()) {
        return new Outputs(
            matrix(result.get(0)), classes ? Optional.of(matrix(result.get(1))) : Optional.empty());
      }
    } finally {
      fed.values().forEach(Tensor::close);
    }
  }

  private static Tensor narrow(Shape shape, int[] values) {
    return TInt32.tensorOf(shape, DataBuffers.of(values, true, false));
  }

  private static Tensor wide(Shape shape, int[] values) {
    long[] copy = Arrays.stream(values).asLongStream().toArray();
    return TInt64.tensorOf(shape, DataBuffers.of(copy, true, false));
  }

  /** A vector, which the caller closes. */
  static Tensor strings(Stream<String> texts) {
    return TString.tensorOf(
        StandardCharsets.UTF_8, NdArrays.vectorOfObjects(texts.toArray(String[]::new)));
  }

  private static float[][] matrix(Tensor tensor) {
    int rows = Math.toIntExact(tensor.shape().get(0));
    int columns = Math.toIntExact(tensor.shape().size() / Math.max(1, rows));
    float[] flat = new float[rows * columns];
    ((TFloat32) tensor).asRawTensor().data().asFloats().read(flat);
    float[][] matrix = new float[rows][columns];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(flat, row * columns, matrix[row], 0, columns);
    }
    return matrix;
  }

  @Override
  public void close() {
    bundle.close();
  }
}
