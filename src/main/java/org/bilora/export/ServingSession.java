package org.bilora.export;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** A SavedModel opened by the loader that TensorFlow Serving uses, and its predict signature. */
final class ServingSession implements AutoCloseable {
  private final SavedModelBundle bundle;
  private final SignatureDef signature;

  /**
   * Outputs of one batch.
   *
   * @param logits {@code [rows][labels]}
   * @param probabilities {@code [rows][labels]}, absent for a regression task
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
          || signature.getOutputsOrThrow(ServingGraph.LOGITS).getTensorShape().getDimCount() != 2) {
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
    return Math.toIntExact(
        signature.getOutputsOrThrow(ServingGraph.LOGITS).getTensorShape().getDim(1).getSize());
  }

  /** Runs a batch. */
  Outputs run(PaddedTexts texts) {
    Session.Runner runner = bundle.session().runner();
    Shape shape = Shape.of(texts.rows(), texts.length());
    List<Tensor> fed = new ArrayList<>();
    try {
      feed(runner, fed, ServingGraph.INPUT_IDS, shape, texts.inputIds());
      feed(runner, fed, ServingGraph.ATTENTION_MASK, shape, texts.attentionMask());
      if (signature.containsInputs(ServingGraph.TOKEN_TYPE_IDS)) {
        feed(runner, fed, ServingGraph.TOKEN_TYPE_IDS, shape, texts.tokenTypeIds());
      }
      boolean classes = signature.containsOutputs(ServingGraph.PROBABILITIES);
      runner.fetch(signature.getOutputsOrThrow(ServingGraph.LOGITS).getName());
      if (classes) {
        runner.fetch(signature.getOutputsOrThrow(ServingGraph.PROBABILITIES).getName());
      }
      try (Result result = runner.run()) {
        return new Outputs(
            matrix(result.get(0)), classes ? Optional.of(matrix(result.get(1))) : Optional.empty());
      }
    } finally {
      fed.forEach(Tensor::close);
    }
  }

  private void feed(
      Session.Runner runner, List<Tensor> fed, String name, Shape shape, int[] values) {
    TInt32 tensor = TInt32.tensorOf(shape, DataBuffers.of(values, true, false));
    fed.add(tensor);
    runner.feed(signature.getInputsOrThrow(name).getName(), tensor);
  }

  private static float[][] matrix(Tensor tensor) {
    int rows = Math.toIntExact(tensor.shape().get(0));
    int columns = Math.toIntExact(tensor.shape().get(1));
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
