package org.bilora.train;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bilora.adapter.Increment;
import org.bilora.adapter.LowRank;
import org.bilora.adapter.Penalties;
import org.bilora.autodiff.Parameter;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.model.EncoderConfig;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.Weights;
import org.bilora.weights.HostTensor;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * What a method trains in a model: which new parameters there are, at which level each of them is,
 * and how their values become increments, head weights and penalties.
 *
 * <pre>
 * lower level   PREFIX.P [out, rank], PREFIX.Q [rank, in] or, for LoRA, PREFIX.B, PREFIX.A; the head
 * upper level   PREFIX.e [rank]
 * </pre>
 *
 * where PREFIX is the dense layer's name. ΔW is 0 at the start: P (or B) is, whatever Λ is; the
 * rows of Q are orthonormal, so R₁ pulls at P alone.
 */
public final class Trainables {
  private final Method method;
  private final AdapterSettings settings;
  private final ImmutableMap<String, long[]> modules;
  private final ParameterGroup lower;
  private final ParameterGroup upper;

  /**
   * Declares the parameters.
   *
   * @param modules names of the dense layers to adapt
   * @throws IllegalArgumentException when the rank exceeds a layer's smaller dimension
   */
  public Trainables(
      PretrainedEncoder model,
      EncoderHead head,
      Method method,
      AdapterSettings settings,
      List<String> modules,
      long seed) {
    this.method = method;
    this.settings = settings;
    StartValues start = new StartValues(seed);
    List<Parameter> lowerParameters = new ArrayList<>();
    List<Parameter> upperParameters = new ArrayList<>();
    ImmutableMap.Builder<String, long[]> shapes = ImmutableMap.builder();
    for (String module : modules) {
      HostTensor weight = model.weights().get(module + ".weight");
      int out = Math.toIntExact(weight.dimension(0));
      int in = Math.toIntExact(weight.dimension(1));
      if (settings.rank() > Math.min(out, in)) {
        throw new IllegalArgumentException(
            "rank is %d; %s is %d × %d, so it must be from 1 to %d"
                .formatted(settings.rank(), module, out, in, Math.min(out, in)));
      }
      shapes.put(module, weight.shape());
      declareAdapter(start, module, out, in, lowerParameters, upperParameters);
    }
    declareHead(start, model, head, lowerParameters);
    this.modules = shapes.build();
    this.lower = new ParameterGroup("lower", lowerParameters);
    this.upper = new ParameterGroup("upper", upperParameters);
  }

  /** V: pseudo singular vectors (or LoRA's matrices) and the head. */
  public ParameterGroup lower() {
    return lower;
  }

  /** E: raw pseudo singular values; empty for a single-level method. */
  public ParameterGroup upper() {
    return upper;
  }

  /** Probability of dropping an input of an increment while training; LoRA's own knob. */
  double inputDropoutProbability() {
    return method instanceof Lora lora ? lora.dropout() : 0;
  }

  /** Names of the adapted dense layers. */
  public ImmutableList<String> modules() {
    return modules.keySet().asList();
  }

  private void declareAdapter(
      StartValues start,
      String module,
      int out,
      int in,
      List<Parameter> lowerParameters,
      List<Parameter> upperParameters) {
    int rank = settings.rank();
    if (method instanceof BiLora bilora) {
      lowerParameters.add(zeros(module + ".P", out, rank));
      lowerParameters.add(
          new Parameter(
              module + ".Q",
              new long[] {rank, in},
              start.orthonormalRows(module + ".Q", rank, in),
              true));
      upperParameters.add(
          new Parameter(module + ".e", new long[] {rank}, bilora.lambda().initial(rank), false));
    } else {
      lowerParameters.add(zeros(module + ".B", out, rank));
      // The bound of Kaiming's uniform start with a = √5, as LoRA's own code has it.
      lowerParameters.add(
          new Parameter(
              module + ".A",
              new long[] {rank, in},
              start.uniform(module + ".A", rank * in, 1 / Math.sqrt(in)),
              true));
    }
  }

  private static Parameter zeros(String name, int rows, int columns) {
    return new Parameter(name, new long[] {rows, columns}, new float[rows * columns], true);
  }

  /**
   * The head. BERT's pooler is part of its pretraining and stays frozen where the checkpoint has
   * it; everything else is trained, from the checkpoint's values where their shape fits (a head
   * fine-tuned for another number of labels does not).
   */
  private static void declareHead(
      StartValues start, PretrainedEncoder model, EncoderHead head, List<Parameter> parameters) {
    int hidden = model.config().hiddenSize();
    boolean pretrainedPooler =
        model.config().modelType() == EncoderConfig.ModelType.BERT
            && model.weights().containsKey(head.denseName() + ".weight");
    if (!pretrainedPooler) {
      declareDense(start, model, head.denseName(), hidden, hidden, parameters);
    }
    declareDense(start, model, head.outputName(), head.labels(), hidden, parameters);
  }

  private static void declareDense(
      StartValues start,
      PretrainedEncoder model,
      String name,
      int out,
      int in,
      List<Parameter> parameters) {
    HostTensor weight = model.weights().get(name + ".weight");
    HostTensor bias = model.weights().get(name + ".bias");
    boolean fits =
        weight != null
            && bias != null
            && Arrays.equals(weight.shape(), new long[] {out, in})
            && Arrays.equals(bias.shape(), new long[] {out});
    parameters.add(
        new Parameter(
            name + ".weight",
            new long[] {out, in},
            fits ? weight.values() : start.normal(name + ".weight", out * in, 0.02),
            true));
    parameters.add(
        new Parameter(
            name + ".bias", new long[] {out}, fits ? bias.values() : new float[out], false));
  }

  /** Whether a weight of that name is trained rather than frozen. */
  public boolean trains(String name) {
    return lower.parameters().stream().anyMatch(parameter -> parameter.name().equals(name));
  }

  /**
   * The trained values as a forward pass takes them.
   *
   * @param increments by dense layer
   * @param head by name; names that are not trained come from the frozen weights
   */
  public record Bound(
      ImmutableMap<String, Increment> increments, ImmutableMap<String, Operand<TFloat32>> values) {

    /** The head's weights: trained ones, and frozen ones where the checkpoint has them. */
    public Weights<TFloat32> headWeights(Weights<TFloat32> frozen) {
      return name -> values.containsKey(name) ? values.get(name) : frozen.get(name);
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
    float scale = (float) (settings.alpha() / settings.rank());
    Map<String, Increment> increments = new HashMap<>();
    for (String module : modules.keySet()) {
      if (method instanceof BiLora bilora) {
        Operand<TFloat32> lambda = bilora.lambda().values(tf, values.get(module + ".e"));
        increments.put(
            module,
            new LowRank(
                values.get(module + ".P"),
                values.get(module + ".Q"),
                tf.math.mul(lambda, tf.constant(scale))));
      } else {
        increments.put(
            module,
            new LowRank(values.get(module + ".B"), values.get(module + ".A"), tf.constant(scale)));
      }
    }
    return new Bound(ImmutableMap.copyOf(increments), values);
  }

  /** γ₁ R₁(V), scalar; 0 for a method without it. */
  public Operand<TFloat32> lowerPenalty(Ops tf, List<Operand<TFloat32>> lowerValues) {
    if (!(method instanceof BiLora bilora) || bilora.gamma1() == 0) {
      return tf.constant(0f);
    }
    List<Operand<TFloat32>> left = new ArrayList<>();
    List<Operand<TFloat32>> right = new ArrayList<>();
    for (int i = 0; i < lowerValues.size(); i++) {
      String name = lower.parameters().get(i).name();
      if (name.endsWith(".P")) {
        left.add(lowerValues.get(i));
      } else if (name.endsWith(".Q")) {
        right.add(lowerValues.get(i));
      }
    }
    Operand<TFloat32> penalty =
        tf.math.add(
            Penalties.orthogonality(tf, left, false), Penalties.orthogonality(tf, right, true));
    return tf.math.mul(tf.constant((float) bilora.gamma1()), penalty);
  }

  /** γ₂ R₂(E), scalar; 0 unless Λ is approximately binary. */
  public Operand<TFloat32> upperPenalty(Ops tf, List<Operand<TFloat32>> upperValues) {
    if (!(method instanceof BiLora bilora)
        || bilora.lambda() != org.bilora.adapter.Lambda.BINARY
        || bilora.gamma2() == 0) {
      return tf.constant(0f);
    }
    List<Operand<TFloat32>> terms = new ArrayList<>();
    for (Operand<TFloat32> raw : upperValues) {
      terms.add(Penalties.binaryEntropy(tf, raw));
    }
    return tf.math.mul(tf.constant((float) bilora.gamma2()), Penalties.sum(tf, terms));
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
