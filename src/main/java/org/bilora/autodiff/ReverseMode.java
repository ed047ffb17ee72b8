package org.bilora.autodiff;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.bilora.graph.TaskDevice;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;

/**
 * Reverse accumulation over a graph: adjoints flow from the targets to the sources, operation by
 * operation, by the rules of {@link GradientRules}.
 *
 * <p>TensorFlow's own {@code addGradients} would do for a first derivative. It writes shape
 * arithmetic beside every broadcast, which here is known beforehand, and it cannot differentiate
 * all of its own gradients again; in a second derivative that shape arithmetic is most of the graph
 * and of its compilation time.
 */
final class ReverseMode {
  private final Ops tf;
  private final Set<Output<?>> sources = new HashSet<>();
  private final Map<GraphOperation, Boolean> reachesSource = new HashMap<>();
  private final List<GraphOperation> inputsFirst = new ArrayList<>();
  private final Map<Output<?>, List<Operand<?>>> adjoints = new HashMap<>();
  private final Map<String, Ops> places = new HashMap<>();

  private ReverseMode(Ops tf, List<? extends Operand<?>> sources) {
    this.tf = tf;
    sources.forEach(source -> this.sources.add(source.asOutput()));
  }

  /**
   * Σᵢ cᵢᵀ ∂yᵢ/∂x for every source x.
   *
   * @param targets y
   * @param cotangents c, one per target and of its shape
   * @return one per source, null where no target depends on it
   * @throws MissingGradientException when an operation on the way has no rule
   */
  static List<Operand<?>> vectorJacobianProducts(
      Ops tf,
      List<? extends Operand<?>> targets,
      List<? extends Operand<?>> cotangents,
      List<? extends Operand<?>> sources) {
    List<String> missing = operationsWithoutRule(targets, sources);
    if (!missing.isEmpty()) {
      throw new MissingGradientException(missing);
    }
    ReverseMode mode = new ReverseMode(tf, sources);
    mode.visit(targets);
    for (int i = 0; i < targets.size(); i++) {
      mode.add(targets.get(i).asOutput(), cotangents.get(i));
    }
    for (int i = mode.inputsFirst.size() - 1; i >= 0; i--) {
      mode.propagate(mode.inputsFirst.get(i));
    }
    List<Operand<?>> results = new ArrayList<>();
    sources.forEach(source -> results.add(mode.adjoint(source.asOutput())));
    return results;
  }

  /** One line per type of operation on the way that has no rule: the type and one operation. */
  static List<String> operationsWithoutRule(
      List<? extends Operand<?>> targets, List<? extends Operand<?>> sources) {
    if (targets.isEmpty() || sources.isEmpty()) {
      return List.of();
    }
    ReverseMode mode =
        new ReverseMode(Ops.create((Graph) targets.get(0).asOutput().env()), sources);
    mode.visit(targets);
    Map<String, String> missing = new TreeMap<>();
    for (GraphOperation operation : mode.inputsFirst) {
      if (!GradientRules.has(operation.type())) {
        missing.merge(operation.type(), operation.name(), (a, b) -> a.compareTo(b) <= 0 ? a : b);
      }
    }
    return missing.entrySet().stream().map(e -> e.getKey() + " (" + e.getValue() + ")").toList();
  }

  /** Lists the operations between sources and targets, each after those it reads from. */
  private void visit(List<? extends Operand<?>> targets) {
    Deque<GraphOperation> stack = new ArrayDeque<>();
    Map<GraphOperation, List<GraphOperation>> readsFrom = new HashMap<>();
    Set<GraphOperation> roots = new LinkedHashSet<>();
    targets.forEach(target -> roots.add(operation(target.asOutput())));
    roots.forEach(stack::push);
    while (!stack.isEmpty()) {
      GraphOperation operation = stack.peek();
      if (reachesSource.containsKey(operation)) {
        stack.pop();
        continue;
      }
      List<GraphOperation> inputs = readsFrom.get(operation);
      if (inputs == null) {
        inputs = new ArrayList<>();
        if (!isSource(operation)) {
          for (int i = 0; i < operation.numInputs(); i++) {
            inputs.add(operation(operation.input(i)));
          }
        }
        readsFrom.put(operation, inputs);
        inputs.stream().filter(input -> !reachesSource.containsKey(input)).forEach(stack::push);
        continue;
      }
      stack.pop();
      boolean reaches = isSource(operation);
      for (GraphOperation input : inputs) {
        reaches |= isSource(input) || reachesSource.get(input);
      }
      reachesSource.put(operation, reaches);
      if (reaches && !isSource(operation)) {
        inputsFirst.add(operation);
      }
    }
  }

  private boolean isSource(GraphOperation operation) {
    return operation.numOutputs() == 1 && sources.contains(operation.output(0));
  }

  private void propagate(GraphOperation operation) {
    List<Operand<?>> incoming = new ArrayList<>();
    boolean any = false;
    for (int i = 0; i < operation.numOutputs(); i++) {
      Operand<?> adjoint = adjoint(operation.output(i));
      incoming.add(adjoint);
      any |= adjoint != null;
    }
    if (!any) {
      return;
    }
    boolean[] wanted = new boolean[operation.numInputs()];
    for (int i = 0; i < wanted.length; i++) {
      wanted[i] = reachesSource.get(operation(operation.input(i)));
    }
    Map<Integer, Operand<?>> outgoing = new LinkedHashMap<>();
    GradientRules.apply(
        new GradientRules.Node(beside(operation), operation, incoming, wanted), outgoing::put);
    outgoing.forEach(
        (i, adjoint) -> {
          if (wanted[i]) {
            add(operation.input(i), adjoint);
          }
        });
  }

  private void add(Output<?> output, Operand<?> adjoint) {
    adjoints.computeIfAbsent(output, o -> new ArrayList<>()).add(adjoint);
  }

  /** The sum of what reached an output, formed once; null when nothing did. */
  private Operand<?> adjoint(Output<?> output) {
    List<Operand<?>> terms = adjoints.get(output);
    if (terms == null) {
      return null;
    }
    if (terms.size() > 1) {
      Operand<?> sum = GradientRules.sum(beside(operation(output)), terms);
      terms.clear();
      terms.add(sum);
    }
    return terms.get(0);
  }

  /** An adjoint is computed where its operation is, in a cluster too. */
  private Ops beside(GraphOperation operation) {
    return places.computeIfAbsent(operation.device(), device -> TaskDevice.at(tf, device));
  }

  private static GraphOperation operation(Output<?> output) {
    return (GraphOperation) output.op();
  }
}
