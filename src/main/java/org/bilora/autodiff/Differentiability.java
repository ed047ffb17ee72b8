package org.bilora.autodiff;

import com.google.common.collect.ImmutableList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.internal.c_api.global.tensorflow;

/** Tells which operations stand in the way of a gradient, before a step is run. */
public final class Differentiability {
  private Differentiability() {}

  /**
   * Operations between {@code sources} and {@code targets} for which no gradient is registered,
   * neither in TensorFlow nor by this project. Asked of a loss it names what lacks a first-order
   * gradient; asked of a gradient, what lacks a second-order one.
   *
   * @return one line per operation type, sorted: the type and, in parentheses, one operation of it
   */
  public static ImmutableList<String> operationsWithoutGradient(
      List<? extends Operand<?>> targets, List<? extends Operand<?>> sources) {
    SecondOrderGradients.register();
    if (targets.isEmpty() || sources.isEmpty()) {
      return ImmutableList.of();
    }
    Graph graph = (Graph) targets.get(0).op().env();
    Set<GraphOperation> between = new HashSet<>(graph.subgraphTo(new HashSet<Operand<?>>(targets)));
    between.retainAll(graph.subgraphFrom(new HashSet<Operand<?>>(sources)));
    Set<String> sourceNames = new HashSet<>();
    sources.forEach(source -> sourceNames.add(source.op().name()));
    TreeMap<String, String> missing = new TreeMap<>();
    for (GraphOperation operation : between) {
      if (!sourceNames.contains(operation.name())
          && !tensorflow.TFJ_HasGradient(operation.type())) {
        missing.merge(operation.type(), operation.name(), (a, b) -> a.compareTo(b) <= 0 ? a : b);
      }
    }
    return missing.entrySet().stream()
        .map(entry -> entry.getKey() + " (" + entry.getValue() + ")")
        .collect(ImmutableList.toImmutableList());
  }
}
