package org.bilora.autodiff;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.bilora.graph.Recomputation;
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

  /** Operations that a source is an output of: what lies before them is not looked at. */
  private final Set<GraphOperation> ends = new HashSet<>();

  private final Map<Output<?>, List<Operand<?>>> adjoints = new HashMap<>();
  private final Map<String, Ops> places = new HashMap<>();

  /**
   * All that came out of the segment that was computed again last. It goes through the barrier of
   * the next one: else TensorFlow would put off what no other adjoint follows from, and keep what
   * that is computed from.
   */
  private List<Arrived> latest = List.of();

  /** An adjoint of a tensor, from one of those that read it. */
  private record Arrived(Output<?> at, Operand<?> adjoint) {}

  private ReverseMode(Ops tf, List<? extends Operand<?>> sources) {
    this.tf = tf;
    for (Operand<?> source : sources) {
      this.sources.add(source.asOutput());
      ends.add(operation(source.asOutput()));
    }
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
    mode.start(targets, cotangents);
    mode.goBack();
    return mode.results(sources);
  }

  /** The same for the operations of one segment, none of which is computed again. */
  private static List<Operand<?>> within(
      Ops segment,
      List<Operand<?>> targets,
      List<Operand<?>> cotangents,
      List<? extends Operand<?>> sources) {
    ReverseMode mode = new ReverseMode(segment, sources);
    mode.start(targets, cotangents);
    for (int i = mode.inputsFirst.size() - 1; i >= 0; i--) {
      mode.propagate(mode.inputsFirst.get(i));
    }
    return mode.results(sources);
  }

  private void start(List<? extends Operand<?>> targets, List<? extends Operand<?>> cotangents) {
    visit(targets);
    for (int i = 0; i < targets.size(); i++) {
      add(targets.get(i).asOutput(), cotangents.get(i));
    }
  }

  private List<Operand<?>> results(List<? extends Operand<?>> sources) {
    List<Operand<?>> results = new ArrayList<>();
    sources.forEach(source -> results.add(adjoint(source.asOutput())));
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
    Set<GraphOperation> roots = new LinkedHashSet<>();
    targets.forEach(target -> roots.add(operation(target.asOutput())));
    for (GraphOperation operation : InputsFirst.of(roots, this::inputs)) {
      boolean end = ends.contains(operation);
      boolean reaches = end;
      for (int i = 0; !end && i < operation.numInputs(); i++) {
        reaches |= reaches(operation.input(i));
      }
      reachesSource.put(operation, reaches);
      if (reaches && !end) {
        inputsFirst.add(operation);
      }
    }
  }

  /** What an operation reads from; of one that a source is an output of nothing. */
  private List<GraphOperation> inputs(GraphOperation operation) {
    List<GraphOperation> inputs = new ArrayList<>();
    for (int i = 0; !ends.contains(operation) && i < operation.numInputs(); i++) {
      inputs.add(operation(operation.input(i)));
    }
    return inputs;
  }

  /** Whether a tensor depends on a source, or is one. */
  private boolean reaches(Output<?> output) {
    GraphOperation operation = operation(output);
    if (ends.contains(operation)) {
      return sources.contains(output);
    }
    return Recomputation.isBarrier(operation)
        ? reaches(operation.input(output.index()))
        : reachesSource.get(operation);
  }

  /** Adjoints of all operations, segments that are computed again each as one. */
  private void goBack() {
    List<Segments.Unit> units = Segments.units(inputsFirst);
    for (int i = units.size() - 1; i >= 0; i--) {
      Segments.Unit unit = units.get(i);
      if (unit.segment().isPresent()) {
        computeAgain(unit.segment().get(), unit.operations());
      } else {
        propagate(unit.operations().get(0));
      }
    }
  }

  private void computeAgain(String name, List<GraphOperation> operations) {
    Map<Output<?>, Operand<?>> asked = new LinkedHashMap<>();
    for (GraphOperation operation : operations) {
      for (int i = 0; i < operation.numOutputs(); i++) {
        Operand<?> adjoint = adjoint(operation.output(i));
        if (adjoint != null) {
          asked.put(operation.output(i), adjoint);
        }
      }
    }
    if (asked.isEmpty()) {
      return;
    }
    RecomputedSegment again =
        RecomputedSegment.of(
            tf, name, asked, latest.stream().<Operand<?>>map(Arrived::adjoint).toList());
    for (int i = 0; i < latest.size(); i++) {
      int number = i;
      adjoints
          .get(latest.get(i).at())
          .replaceAll(
              term -> term == latest.get(number).adjoint() ? again.before().get(number) : term);
    }
    List<Integer> wanted =
        IntStream.range(0, again.inputs().size())
            .filter(i -> reaches(again.inputs().get(i)))
            .boxed()
            .toList();
    List<Operand<?>> arrived =
        within(
            again.tf(),
            again.outputs(),
            again.adjoints(),
            wanted.stream().map(again.barred()::get).toList());
    latest = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      if (arrived.get(i) != null) {
        Output<?> input = again.inputs().get(wanted.get(i));
        latest.add(new Arrived(input, arrived.get(i)));
        add(input, arrived.get(i));
      }
    }
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
      wanted[i] = reaches(operation.input(i));
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
