package org.bilora.train;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.bilora.adapter.LowRankValues;
import org.bilora.bilevel.Level;
import org.bilora.data.Task;
import org.bilora.method.AdaptedLayer;
import org.bilora.method.AdapterForm;
import org.bilora.method.AdapterSettings;
import org.bilora.method.Method;
import org.bilora.method.ParameterName;
import org.bilora.method.StartValues;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedModel;
import org.bilora.weights.HostTensor;

/**
 * An adapter that was trained elsewhere, as what a run starts from.
 *
 * @param file its directory as the user wrote it, and its hashes
 * @param method that its increments are of
 * @param settings with which that method holds them as they are
 * @param increments ΔW by name of the linear layer
 * @param head the head's weights by canonical name; empty where it has none
 * @param labels names of its classes in the order of the logits; empty where they are not known
 */
public record StartAdapter(
    RunRecord.Adapter file,
    Method method,
    AdapterSettings settings,
    Map<String, LowRankValues> increments,
    Map<String, HostTensor> head,
    List<String> labels) {

  /** What keys of an adapter's file have before the name of a weight of its base. */
  public static final String KEY_PREFIX = "base_model.model.";

  /** Copies what could change. */
  public StartAdapter {
    increments = new TreeMap<>(increments);
    head = Map.copyOf(head);
    labels = List.copyOf(labels);
  }

  /** The base with the adapter's head, and its classes where the adapter names them. */
  PretrainedEncoder under(PretrainedEncoder base) {
    return head.isEmpty()
        ? base
        : base.with(head, labels.isEmpty() ? base.config().id2label() : labels);
  }

  /**
   * The base with the adapter's head for a task.
   *
   * @throws IllegalArgumentException when the head is missing, or of other classes
   */
  PretrainedEncoder under(PretrainedEncoder base, Task task) {
    EncoderHead over = TaskHead.of(base, task);
    requireHead(base, over);
    HeadStart start = HeadStart.of(under(base), task);
    for (Map.Entry<String, long[]> tensor : over.outputTensors().entrySet()) {
      HostTensor found = start.model().weights().get(tensor.getKey());
      if (found == null || !Arrays.equals(found.shape(), tensor.getValue())) {
        throw new IllegalArgumentException(
            "the head of the adapter %s does not fit task %s: %s"
                .formatted(file.name(), task.name(), start.note().orElseThrow()));
      }
    }
    return start.model();
  }

  /** The settings of a run that holds its increments as they are. */
  TrainingSettings ownSettings(PretrainedModel base) {
    return TrainingDefaults.settings(method).withAdapter(settings).withMaxLength(base.maxTokens());
  }

  /** The increments as values of their own method, under the names of a run's trained values. */
  Map<String, HostTensor> own(PretrainedModel base) {
    Map<String, HostTensor> fresh = new HashMap<>();
    for (String module : increments.keySet()) {
      form(method, settings, module)
          .declare(new StartValues(0), layer(base, module))
          .forEach(
              declared ->
                  fresh.put(
                      declared.name().tensorName(),
                      HostTensor.of(declared.start(), declared.shape())));
    }
    return withIncrements(method, settings, base, fresh);
  }

  /** Names of the head's weights that are trained. */
  static Set<String> trainedHead(PretrainedEncoder base, EncoderHead over) {
    Set<String> names = new TreeSet<>(over.outputTensors().keySet());
    Set<String> dense = over.denseTensors().keySet();
    if (over.hasDense()
        && !(over.densePretrained() && base.weights().keySet().containsAll(dense))) {
      names.addAll(dense);
    }
    return names;
  }

  /**
   * Keys of those weights of a head that neither the adapter has nor, where the adapter has no head
   * at all, its base; a dense layer that was pretrained with the base may be the base's.
   */
  List<String> missing(PretrainedEncoder base, EncoderHead over) {
    Set<String> names = trainedHead(base, over);
    names.removeAll(head.isEmpty() ? base.weights().keySet() : head.keySet());
    Map<String, HostTensor> lacking = new TreeMap<>();
    names.forEach(name -> lacking.put(name, HostTensor.of(new float[1], 1)));
    return base.checkpoint(lacking).keySet().stream().map(name -> KEY_PREFIX + name).toList();
  }

  /**
   * Makes sure that there is a head.
   *
   * @throws IllegalArgumentException naming the keys that were looked for
   */
  void requireHead(PretrainedEncoder base, EncoderHead over) {
    List<String> missing = missing(base, over);
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          "the adapter %s has no %s head, so that it would answer at random: looked for %s; save it again with its head (modules_to_save; task type SEQ_CLS does)"
              .formatted(
                  file.name(),
                  head.isEmpty() ? "classification" : "whole classification",
                  String.join(", ", missing)));
    }
  }

  /**
   * What becomes of a head that the adapter does not have: it is new. An adapter of another task is
   * a usual start, whose head is worth nothing.
   *
   * @throws IllegalArgumentException when it has a part of a head
   */
  Optional<String> headNote(PretrainedEncoder base, EncoderHead over) {
    List<String> missing = missing(base, over);
    if (!missing.isEmpty() && !head.isEmpty()) {
      requireHead(base, over);
    }
    return missing.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "the adapter %s has no classification head (looked for %s): a new one is trained"
                .formatted(file.name(), String.join(", ", missing)));
  }

  /**
   * The trained values of a run that starts from it.
   *
   * @param used method and increments of the run
   * @param base whose layers are adapted
   * @param fresh the values that the run would have started from; its head is kept
   * @throws IllegalArgumentException when the method has no increments or none that are these, or
   *     one of these layers is not adapted
   */
  Map<String, HostTensor> values(
      TrainingSettings used, PretrainedModel base, Map<String, HostTensor> fresh) {
    requireTrained(base, fresh.keySet());
    return withIncrements(used.method(), used.adapter(), base, fresh);
  }

  /**
   * Makes sure that every weight it has is one that is trained, or is the base's.
   *
   * @param trained names of a run's trained values
   */
  void requireTrained(PretrainedModel base, Set<String> trained) {
    head.forEach(
        (name, tensor) -> {
          HostTensor own = base.weights().get(name);
          boolean same = own != null && Arrays.equals(own.values(), tensor.values());
          if (!trained.contains(Level.LOWER.prefix() + name) && !same) {
            throw new IllegalArgumentException(
                "the adapter %s holds %s, which stays as the base has it here; merge it into a model first (Transformers' merge_and_unload)"
                    .formatted(file.name(), name));
          }
        });
  }

  private Map<String, HostTensor> withIncrements(
      Method used, AdapterSettings sizes, PretrainedModel base, Map<String, HostTensor> fresh) {
    Map<String, HostTensor> values = new HashMap<>(fresh);
    increments.forEach(
        (module, increment) -> {
          AdapterForm form = form(used, sizes, module);
          if (!fresh.containsKey(AdapterForm.lower(module, form.left()).tensorName())) {
            throw new IllegalArgumentException(
                "the adapter %s changes %s, which gets no increment with these targets and layers; leave --targets and --layers out"
                    .formatted(file.name(), module));
          }
          from(form, layer(base, module), increment, name -> fresh.get(name.tensorName()).values())
              .forEach(
                  (name, numbers) ->
                      values.put(
                          name.tensorName(),
                          HostTensor.of(numbers, fresh.get(name.tensorName()).shape())));
        });
    return values;
  }

  private static AdaptedLayer layer(PretrainedModel base, String module) {
    long[] shape = base.linearLayers().get(module);
    return new AdaptedLayer(
        module,
        Math.toIntExact(shape[0]),
        Math.toIntExact(shape[1]),
        () -> base.linearWeight(module));
  }

  private AdapterForm form(Method used, AdapterSettings sizes, String module) {
    return used.adapterForm(sizes.of(module))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "method %s trains no increments, so that it cannot start from the adapter %s; merge it into a model first (export --adapter, --format huggingface)"
                        .formatted(used.name(), file.name())));
  }

  private Map<ParameterName, float[]> from(
      AdapterForm form,
      AdaptedLayer layer,
      LowRankValues increment,
      Function<ParameterName, float[]> drawn) {
    try {
      return form.from(layer, increment, drawn);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "the adapter %s: %s".formatted(file.name(), e.getMessage()), e);
    }
  }
}
