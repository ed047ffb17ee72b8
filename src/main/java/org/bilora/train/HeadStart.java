package org.bilora.train;

import com.google.common.collect.ImmutableMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.bilora.data.Task;
import org.bilora.data.Tasks;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.weights.HostTensor;

/**
 * The head that a checkpoint was fine-tuned with, as a task can go on from it: the output layer's
 * rows follow the names of the classes ({@code id2label}), as Transformers' own GLUE script maps
 * them. Rows that are only numbered ({@code LABEL_0}, …) are taken in the order of the task's
 * classes. Of classes that are others than the task's there is nothing to go on from: the layer
 * starts anew.
 *
 * @param model the checkpoint with that output layer, or without one; its tokenizer is shared
 * @param note what became of the head, where it is not what the file has
 */
record HeadStart(PretrainedEncoder model, Optional<String> note) {
  private static final String NUMBERED = "label_\\d+";

  /** The head of a checkpoint for a task. */
  static HeadStart of(PretrainedEncoder model, Task task) {
    EncoderHead head = TaskHead.of(model, task);
    Set<String> output = head.outputTensors().keySet();
    if (!model.weights().keySet().containsAll(output)) {
      return new HeadStart(model, Optional.empty());
    }
    long rows = model.weights().get(output.iterator().next()).shape()[0];
    List<String> names = model.config().id2label();
    if (rows != task.outputs()) {
      return new HeadStart(
          model,
          Optional.of(
              "%s was fine-tuned for %d outputs, task %s has %d: the output layer starts anew"
                  .formatted(model.name(), rows, task.name(), task.outputs())));
    }
    List<String> plain = names.stream().map(HeadStart::plain).toList();
    if (names.size() != rows
        || task.labels().isEmpty()
        || plain.stream().allMatch(name -> name.matches(NUMBERED))) {
      return new HeadStart(model, Optional.empty());
    }
    for (List<String> known : List.of(task.labels(), Tasks.publishedLabels(task))) {
      List<String> wanted = known.stream().map(HeadStart::plain).toList();
      Set<String> different = new HashSet<>(wanted);
      if (different.size() == rows && different.equals(new HashSet<>(plain))) {
        return inOrder(model, output, wanted.stream().mapToInt(plain::indexOf).toArray());
      }
    }
    return new HeadStart(
        with(model, output, null),
        Optional.of(
            "%s was fine-tuned for the classes %s, task %s has %s: the output layer starts anew"
                .formatted(
                    model.name(),
                    String.join(", ", names),
                    task.name(),
                    String.join(", ", task.labels()))));
  }

  private static HeadStart inOrder(PretrainedEncoder model, Set<String> output, int[] rows) {
    if (IntStream.range(0, rows.length).allMatch(i -> rows[i] == i)) {
      return new HeadStart(model, Optional.empty());
    }
    return new HeadStart(
        with(model, output, rows),
        Optional.of(
            "the output layer's rows follow the names of the classes: %s numbers them as %s"
                .formatted(model.name(), String.join(", ", model.config().id2label()))));
  }

  /** The model with its output layer's rows in another order, or without that layer. */
  private static PretrainedEncoder with(
      PretrainedEncoder model, Set<String> output, int[] rowsOrNull) {
    ImmutableMap.Builder<String, HostTensor> weights = ImmutableMap.builder();
    for (Map.Entry<String, HostTensor> entry : model.weights().entrySet()) {
      if (!output.contains(entry.getKey())) {
        weights.put(entry);
      } else if (rowsOrNull != null) {
        weights.put(entry.getKey(), ordered(entry.getValue(), rowsOrNull));
      }
    }
    return new PretrainedEncoder(
        model.name(),
        model.config(),
        weights.buildOrThrow(),
        model.tokenizer(),
        model.pooling(),
        model.source(),
        model.sha256(),
        model.files());
  }

  private static HostTensor ordered(HostTensor tensor, int[] rows) {
    float[] values = tensor.values();
    int width = values.length / rows.length;
    float[] ordered = new float[values.length];
    for (int row = 0; row < rows.length; row++) {
      System.arraycopy(values, rows[row] * width, ordered, row * width, width);
    }
    return HostTensor.of(ordered, tensor.shape());
  }

  /** Spellings of one name are one: {@code NOT_ENTAILMENT} and {@code not entailment}. */
  private static String plain(String name) {
    return name.strip().toLowerCase(Locale.ROOT).replaceAll("[\\s-]+", "_");
  }
}
