package org.bilora.step;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bilora.graph.FunctionVariable;
import org.bilora.graph.ResourceVariable;
import org.bilora.graph.UnpackedStep;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** The rows of both levels' variables, of which each training that runs beside others has one. */
final class LanePlaces {
  private final LevelVariables lower;
  private final LevelVariables upper;
  private final Placeholder<TInt32> place;
  private final List<ResourceVariable<TFloat32>> variables = new ArrayList<>();
  private final List<Operand<TFloat32>> values = new ArrayList<>();
  private final List<Placeholder<TFloat32>> feeds = new ArrayList<>();
  private final List<Op> assign = new ArrayList<>();

  /**
   * @param lower V's variables, {@code [places, …]}
   * @param upper E's, likewise
   */
  LanePlaces(Ops tf, LevelVariables lower, LevelVariables upper) {
    this.lower = lower;
    this.upper = upper;
    this.place = tf.placeholder(TInt32.class, Placeholder.shape(Shape.scalar()));
    variables.addAll(lower.variables());
    variables.addAll(upper.variables());
    UnpackedStep graph = new UnpackedStep(tf);
    for (ResourceVariable<TFloat32> variable : variables) {
      FunctionVariable<TFloat32> row = graph.bind(variable, place);
      Placeholder<TFloat32> feed =
          tf.placeholder(TFloat32.class, Placeholder.shape(row.value().shape()));
      values.add(row.value());
      feeds.add(feed);
      assign.add(row.assign(tf, feed));
    }
  }

  /** The trained values of the place that is fed. */
  NetworkEvaluation.Values trained(Ops tf) {
    return new NetworkEvaluation.Values(trained(tf, lower), trained(tf, upper));
  }

  private List<Operand<TFloat32>> trained(Ops tf, LevelVariables level) {
    return level.isEmpty()
        ? List.of()
        : level.group().split(tf, values.get(variables.indexOf(level.variables().get(0))));
  }

  /** Feeds a place. */
  NetworkEvaluation.Feeding feeding(int number) {
    return runner -> {
      TInt32 fed = TInt32.scalarOf(number);
      runner.feed(place, fed);
      return List.of(fed);
    };
  }

  /** What a place holds, by variable. */
  Map<ResourceVariable<TFloat32>, float[]> read(Session session, int number) {
    Session.Runner runner = session.runner();
    values.forEach(runner::fetch);
    List<Tensor> opened = feeding(number).feed(runner);
    Map<ResourceVariable<TFloat32>, float[]> read = new HashMap<>();
    try (Result result = runner.run()) {
      for (int i = 0; i < result.size(); i++) {
        read.put(variables.get(i), ResourceVariable.floats((TFloat32) result.get(i)));
      }
    } finally {
      opened.forEach(Tensor::close);
    }
    return read;
  }

  /** Sets what a place holds, all of its variables. */
  void put(Session session, int number, Map<ResourceVariable<TFloat32>, float[]> held) {
    Session.Runner runner = session.runner();
    List<Tensor> opened = new ArrayList<>(feeding(number).feed(runner));
    try {
      for (int i = 0; i < variables.size(); i++) {
        ResourceVariable<TFloat32> variable = variables.get(i);
        TFloat32 tensor =
            TFloat32.tensorOf(
                feeds.get(i).shape(), DataBuffers.of(held.get(variable), true, false));
        opened.add(tensor);
        runner.feed(feeds.get(i), tensor).addTarget(assign.get(i));
      }
      runner.run().close();
    } finally {
      opened.forEach(Tensor::close);
    }
  }
}
