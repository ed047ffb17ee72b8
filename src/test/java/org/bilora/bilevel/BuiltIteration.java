package org.bilora.bilevel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.bilora.optim.AdamW;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/** A {@link BilevelIteration} built into a graph of its own, with its state kept on the host. */
public final class BuiltIteration implements AutoCloseable {
  private final Graph graph = new Graph();
  private final Session session = new Session(graph, ProblemSession.UNOPTIMIZED);
  private final List<Placeholder<TFloat32>> inputs = new ArrayList<>();
  private final List<Operand<TFloat32>> outputs;
  private List<float[]> state;
  private float[] scalars;

  /** Builds the iteration; moments and counts start at 0. */
  public BuiltIteration(
      BilevelIteration iteration,
      Function<Ops, BilevelProblem> problems,
      float[] lower,
      float[] upper,
      float[] rates) {
    Ops tf = Ops.create(graph);
    BilevelProblem problem = problems.apply(tf);
    StepOutcome outcome =
        iteration.run(
            tf,
            problem,
            level(tf, lower.length),
            level(tf, upper.length),
            slots(tf, iteration.hypergradient(), lower.length),
            new BilevelIteration.Rates(
                tf.constant(rates[0]), tf.constant(rates[1]), tf.constant(rates[2])));
    outputs = new ArrayList<>(parts(outcome.lower().orElseThrow().state()));
    outputs.addAll(parts(outcome.upper().orElseThrow().state()));
    outputs.addAll(outcome.slots());
    outputs.add(outcome.lowerLoss().orElseThrow());
    outputs.add(outcome.upperLoss().orElseThrow());
    outputs.add(outcome.terms().orElseThrow().ratio());
    outputs.add(outcome.terms().orElseThrow().cosine());
    state = new ArrayList<>(start(lower));
    state.addAll(start(upper));
    for (StateSlot slot : iteration.hypergradient().slots()) {
      state.add(slot.start() == StateSlot.Start.VALUES ? lower : new float[lower.length]);
    }
  }

  private List<Operand<TFloat32>> slots(Ops tf, Hypergradient hypergradient, int size) {
    List<Operand<TFloat32>> slots = new ArrayList<>();
    for (int i = 0; i < hypergradient.slots().size(); i++) {
      Placeholder<TFloat32> slot =
          tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(size)));
      inputs.add(slot);
      slots.add(slot);
    }
    return slots;
  }

  private static List<float[]> start(float[] values) {
    return List.of(values, new float[values.length], new float[values.length], new float[1]);
  }

  private static List<Operand<TFloat32>> parts(LevelState level) {
    return List.of(
        level.adam().values(),
        level.adam().firstMoment(),
        level.adam().secondMoment(),
        level.count());
  }

  private LevelState level(Ops tf, int size) {
    List<Placeholder<TFloat32>> parts = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      parts.add(tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(size))));
    }
    parts.add(tf.placeholder(TFloat32.class, Placeholder.shape(Shape.scalar())));
    inputs.addAll(parts);
    return new LevelState(new AdamW.State(parts.get(0), parts.get(1), parts.get(2)), parts.get(3));
  }

  /** One iteration from the state that the last one left. */
  public void run() {
    List<Tensor> opened = new ArrayList<>();
    Session.Runner runner = session.runner();
    try {
      for (int i = 0; i < inputs.size(); i++) {
        TFloat32 tensor =
            inputs.get(i).shape().numDimensions() == 0
                ? TFloat32.scalarOf(state.get(i)[0])
                : TFloat32.vectorOf(state.get(i));
        opened.add(tensor);
        runner.feed(inputs.get(i), tensor);
      }
      outputs.forEach(runner::fetch);
      try (Result result = runner.run()) {
        List<float[]> next = new ArrayList<>();
        for (int i = 0; i < outputs.size(); i++) {
          TFloat32 tensor = (TFloat32) result.get(i);
          float[] values = new float[Math.toIntExact(tensor.size())];
          tensor.asRawTensor().data().asFloats().read(values);
          next.add(values);
        }
        scalars = new float[outputs.size() - inputs.size()];
        for (int i = 0; i < scalars.length; i++) {
          scalars[i] = next.get(inputs.size() + i)[0];
        }
        state = next.subList(0, inputs.size());
      }
    } finally {
      opened.forEach(Tensor::close);
    }
  }

  /** V. */
  public float[] lower() {
    return state.get(0).clone();
  }

  /** E. */
  public float[] upper() {
    return state.get(4).clone();
  }

  /** Mean task losses that the last iteration reported: lower, upper. */
  public float[] losses() {
    return Arrays.copyOf(scalars, 2);
  }

  /** Ratio of the norms of the second term and the first, and their cosine. */
  public float[] terms() {
    return Arrays.copyOfRange(scalars, 2, 4);
  }

  /** State of the hypergradient. */
  public List<float[]> slots() {
    return state.subList(8, state.size());
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
