package org.bilora.export;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bilora.weights.HostTensor;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.train.Save;
import org.tensorflow.types.TFloat32;

/** TensorFlow's checkpoint format, in which a SavedModel keeps its weights. */
final class VariablesBundle {
  /** Where a SavedModel has it: the files are this with {@code .index} and {@code .data-…}. */
  static final String PREFIX = "variables/variables";

  private VariablesBundle() {}

  /** Writes the weights of a SavedModel under their names, by SaveV2. */
  static void write(Map<String, HostTensor> weights, Path savedModel) {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Session.Runner runner = session.runner();
      List<Operand<?>> tensors = new ArrayList<>();
      List<Tensor> fed = new ArrayList<>();
      try {
        for (HostTensor weight : weights.values()) {
          Shape shape = Shape.of(weight.shape());
          Placeholder<TFloat32> value = tf.placeholder(TFloat32.class, Placeholder.shape(shape));
          TFloat32 tensor = TFloat32.tensorOf(shape, DataBuffers.of(weight.values(), true, false));
          fed.add(tensor);
          tensors.add(value);
          runner.feed(value, tensor);
        }
        String[] names = weights.keySet().toArray(String[]::new);
        String[] whole = new String[names.length];
        Arrays.fill(whole, "");
        Save save =
            Save.create(
                tf.scope(),
                tf.constant(savedModel.toAbsolutePath() + "/" + PREFIX),
                tf.array(names),
                tf.array(whole),
                tensors);
        runner.addTarget(save).run().close();
      } finally {
        fed.forEach(Tensor::close);
      }
    }
  }
}
