package org.bilora.step;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.adapter.Lambda;
import org.bilora.adapter.LowRank;
import org.bilora.adapter.Penalties;
import org.bilora.adapter.RankAllocator;
import org.bilora.autodiff.Parameter;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.method.AdaLora;
import org.bilora.method.AdaLoraAllocation;
import org.bilora.method.AdapterForm;
import org.bilora.method.AdapterSettings;
import org.bilora.method.JointTraining;
import org.bilora.method.Lora;
import org.bilora.method.Method;
import org.bilora.method.PseudoSvdMethod;
import org.bilora.method.StartValues;
import org.bilora.model.Weights;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * What a method trains in a model: which new parameters there are, at which level each of them is,
 * and how their values become increments, head weights and penalties.
 *
 * <pre>
 * lower level   the matrices of each adapted layer; an encoder's head; for full fine-tuning the
 *               backbone
 * upper level   the raw pseudo singular values of each adapted layer
 * </pre>
 *
 * An {@code AdapterForm} says what an adapted layer has. ΔW is 0 at the start, whatever the form.
 */
public final class Trainables {
  private final Method method;
  private final int rank;
  private final Optional<AdapterForm> form;
  private final ImmutableList<String> modules;
  private final ParameterGroup lower;
  private final ParameterGroup upper;

  /**
   * Declares the parameters.
   *
   * @param modules names of the dense layers to adapt; a method without adapters leaves them alone
   * @throws IllegalArgumentException when the rank exceeds a layer's smaller dimension
   */
  public Trainables(
      Network<?> network,
      Method method,
      AdapterSettings settings,
      List<String> modules,
      long seed) {
    this.method = method;
    this.rank = settings.rank();
    this.form = AdapterForm.of(method, settings);
    StartValues start = new StartValues(seed);
    List<Parameter> lowerParameters = new ArrayList<>();
    List<Parameter> upperParameters = new ArrayList<>();
    ImmutableList.Builder<String> names = ImmutableList.builder();
    form.ifPresent(
        adapter -> {
          for (String module : modules) {
            long[] shape = network.model().linearLayers().get(module);
            int out = Math.toIntExact(shape[0]);
            int in = Math.toIntExact(shape[1]);
            requireFitting(adapter.rank(), module, out, in);
            names.add(module);
            adapter.declare(start, module, out, in, lowerParameters, upperParameters);
          }
        });
    network.declare(start, method, lowerParameters);
    this.modules = names.build();
    this.lower = new ParameterGroup("lower", lowerParameters);
    this.upper = new ParameterGroup("upper", upperParameters);
  }

  private static void requireFitting(int rank, String module, int out, int in) {
    if (rank > Math.min(out, in)) {
      throw new IllegalArgumentException(
          "rank is %d; %s is %d × %d, so it must be from 1 to %d"
              .formatted(rank, module, out, in, Math.min(out, in)));
    }
  }

  /** V: pseudo singular vectors (or LoRA's matrices) and the head. */
  public ParameterGroup lower() {
    return lower;
  }

  /** E: raw pseudo singular values; empty for a method without BiLoRA's increments. */
  public ParameterGroup upper() {
    return upper;
  }

  /** Probability of dropping an input of an increment while training; LoRA's own knob. */
  double inputDropoutProbability() {
    return method instanceof Lora lora ? lora.dropout() : 0;
  }

  /** How AdaLoRA's steps end; empty for another method. */
  Optional<AdaLoraAllocation> allocation() {
    return method instanceof AdaLora adaLora
        ? Optional.of(
            new AdaLoraAllocation(
                new RankAllocator(adaLora.importanceDecay(), adaLora.uncertaintyDecay()),
                lower,
                modules(),
                form.orElseThrow().rank(),
                rank))
        : Optional.empty();
  }

  /** Names of the adapted dense layers. */
  public ImmutableList<String> modules() {
    return modules;
  }

  /** Whether a weight of that name is trained rather than frozen. */
  public boolean trains(String name) {
    return lower.parameters().stream().anyMatch(parameter -> parameter.name().equals(name));
  }

  /**
   * The trained values as a forward pass takes them.
   *
   * @param increments by dense layer
   * @param values by name; what is not trained comes from the frozen weights
   */
  public record Bound(
      ImmutableMap<String, LowRank> increments, ImmutableMap<String, Operand<TFloat32>> values) {

    /**
     * The backbone's weights: trained ones where there are, in the backbone's type, else frozen.
     */
    public <T extends TFloating> Weights<T> backboneWeights(
        Ops tf, Weights<T> frozen, Class<T> type) {
      return name ->
          values.containsKey(name) ? tf.dtypes.cast(values.get(name), type) : frozen.get(name);
    }

    /** The head's weights: trained ones, and frozen ones where the checkpoint has them. */
    public <T extends TFloating> Weights<TFloat32> headWeights(Ops tf, Weights<T> frozen) {
      return name ->
          values.containsKey(name)
              ? values.get(name)
              : tf.dtypes.cast(frozen.get(name), TFloat32.class);
    }
  }

  /**
   * Turns values of both groups into increments and head weights.
   *
   * @param lowerValues in the order of {@link #lower()}
   * @param upperValues in the order of {@link #upper()}
   */
  public Bound bind(
      Ops tf, List<Operand<TFloat32>> lowerValues, List<Operand<TFloat32>> upperValues) {
    ImmutableMap<String, Operand<TFloat32>> values = named(lowerValues, upperValues);
    Map<String, LowRank> increments =
        form.isPresent()
            ? form.get().increments(tf, modules(), values::get)
            : ImmutableMap.<String, LowRank>of();
    return new Bound(ImmutableMap.copyOf(increments), values);
  }

  /**
   * What L₁ has besides the task's loss: γ₁ R₁(V), and γ₂ R₂(E) where V and E share one objective;
   * for AdaLoRA its orthogonality term.
   *
   * @return scalar
   */
  public Operand<TFloat32> lowerPenalty(
      Ops tf, List<Operand<TFloat32>> lowerValues, List<Operand<TFloat32>> upperValues) {
    List<Operand<TFloat32>> terms = new ArrayList<>();
    if (method instanceof PseudoSvdMethod pseudoSvd && pseudoSvd.gamma1() > 0) {
      terms.add(
          tf.math.mul(
              tf.constant((float) pseudoSvd.gamma1()),
              tf.math.add(
                  Penalties.orthogonality(tf, matrices(lowerValues, ".P"), false),
                  Penalties.orthogonality(tf, matrices(lowerValues, ".Q"), true))));
    }
    if (method instanceof AdaLora adaLora && adaLora.orthogonalityWeight() > 0) {
      terms.add(
          tf.math.mul(
              tf.constant((float) adaLora.orthogonalityWeight()),
              Penalties.meanOrthogonality(
                  tf, matrices(lowerValues, ".B"), matrices(lowerValues, ".A"))));
    }
    if (method instanceof JointTraining) {
      terms.add(upperPenalty(tf, upperValues));
    }
    return Penalties.sum(tf, terms);
  }

  private List<Operand<TFloat32>> matrices(List<Operand<TFloat32>> lowerValues, String letter) {
    List<Operand<TFloat32>> matrices = new ArrayList<>();
    for (int i = 0; i < lowerValues.size(); i++) {
      if (lower.parameters().get(i).name().endsWith(letter)) {
        matrices.add(lowerValues.get(i));
      }
    }
    return matrices;
  }

  /** What L₂ has besides the task's loss: γ₂ R₂(E) where Λ is approximately binary; scalar. */
  public Operand<TFloat32> upperPenalty(Ops tf, List<Operand<TFloat32>> upperValues) {
    if (!(method instanceof PseudoSvdMethod pseudoSvd)
        || pseudoSvd.lambda() != Lambda.BINARY
        || pseudoSvd.gamma2() == 0) {
      return tf.constant(0f);
    }
    List<Operand<TFloat32>> terms = new ArrayList<>();
    for (Operand<TFloat32> raw : upperValues) {
      terms.add(Penalties.binaryEntropy(tf, raw));
    }
    return tf.math.mul(tf.constant((float) pseudoSvd.gamma2()), Penalties.sum(tf, terms));
  }

  private ImmutableMap<String, Operand<TFloat32>> named(
      List<Operand<TFloat32>> lowerValues, List<Operand<TFloat32>> upperValues) {
    ImmutableMap.Builder<String, Operand<TFloat32>> values = ImmutableMap.builder();
    for (int i = 0; i < lowerValues.size(); i++) {
      values.put(lower.parameters().get(i).name(), lowerValues.get(i));
    }
    for (int i = 0; i < upperValues.size(); i++) {
      values.put(upper.parameters().get(i).name(), upperValues.get(i));
    }
    return values.build();
  }
}
