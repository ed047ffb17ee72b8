package org.bilora.serve;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.ImmutableSortedMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.exceptions.TFFailedPreconditionException;
import org.tensorflow.exceptions.TFInvalidArgumentException;
import org.tensorflow.exceptions.TFOutOfRangeException;
import org.tensorflow.exceptions.TFResourceExhaustedException;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/**
 * A signature of the SavedModel.
 *
 * @param name its key in the SavedModel
 * @param definition its inputs and outputs
 * @param bundle the loaded model
 * @param padding the inputs of {@code [rows, length]} that rows of other lengths may be padded in,
 *     each with what fills it up; empty where padding would change the answers
 */
record GraphSignature(
    String name, SignatureDef definition, SavedModelBundle bundle, Map<String, Long> padding)
    implements ServedSignature {
  /** Keeps copies of the collections. */
  GraphSignature {
    padding = ImmutableMap.copyOf(padding);
  }

  @Override
  public Map<String, ElementType> inputs() {
    ImmutableSortedMap.Builder<String, ElementType> types = ImmutableSortedMap.naturalOrder();
    definition
        .getInputsMap()
        .forEach((input, info) -> types.put(input, ElementType.of(info.getDtype())));
    return types.build();
  }

  @Override
  public Set<String> optional() {
    return ImmutableSet.of();
  }

  @Override
  public GraphSignature graph() {
    return this;
  }

  @Override
  public Map<String, Values> graphInputs(Map<String, Values> inputs) {
    return ImmutableMap.copyOf(inputs);
  }

  @Override
  public Map<String, Values> outputs(Map<String, Values> graphOutputs) {
    return ImmutableMap.copyOf(graphOutputs);
  }

  /**
   * Runs it.
   *
   * @param inputs a value for every input
   * @return all outputs, sorted by name
   * @throws RequestRefusedException when TensorFlow refuses the values (400), has no memory for
   *     them (503) or fails (500)
   */
  Map<String, Values> run(Map<String, Values> inputs) {
    Session.Runner runner = bundle.session().runner();
    Map<String, TensorInfo> fetched = new TreeMap<>(definition.getOutputsMap());
    List<Tensor> fed = new ArrayList<>();
    try {
      inputs.forEach(
          (input, values) -> {
            Tensor tensor = values.tensor();
            fed.add(tensor);
            runner.feed(definition.getInputsOrThrow(input).getName(), tensor);
          });
      fetched.values().forEach(info -> runner.fetch(info.getName()));
      try (Result result = runner.run()) {
        ImmutableMap.Builder<String, Values> outputs = ImmutableMap.builder();
        int position = 0;
        for (String output : fetched.keySet()) {
          outputs.put(output, Values.of(result.get(position++)));
        }
        return outputs.build();
      }
    } catch (TFInvalidArgumentException
        | TFOutOfRangeException
        | TFFailedPreconditionException unfit) {
      throw RequestRefusedException.badRequest(firstLine(unfit));
    } catch (TFResourceExhaustedException full) {
      throw new RequestRefusedException(503, "out of memory; send fewer or shorter rows");
    } catch (TensorFlowException failed) {
      throw new RequestRefusedException(500, firstLine(failed));
    } finally {
      fed.forEach(Tensor::close);
    }
  }

  private static String firstLine(RuntimeException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("TensorFlow failed").strip();
  }
}
