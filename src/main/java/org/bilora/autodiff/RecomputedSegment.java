package org.bilora.autodiff;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bilora.graph.OperationCopy;
import org.bilora.graph.Recomputation;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;

/**
 * A segment of the graph ({@link Recomputation}) built again on the way back: a copy of all
 * operations that the asked outputs follow from, on inputs behind a barrier that waits for the
 * outputs' adjoints.
 *
 * @param tf builds into the new segment, which the adjoints belong to as well: differentiated
 *     again, both are computed once more
 * @param inputs what the segment reads from outside, but for constants
 * @param barred the same behind the barrier, in the same order
 * @param outputs the copies of the asked outputs
 * @param adjoints theirs, behind the barrier
 * @param before what the barrier hands on besides, behind it
 */
record RecomputedSegment(
    Ops tf,
    List<Output<?>> inputs,
    List<Operand<?>> barred,
    List<Operand<?>> outputs,
    List<Operand<?>> adjoints,
    List<Operand<?>> before) {

  /**
   * Builds the copy.
   *
   * @param name of the segment
   * @param asked outputs of its operations, each with its adjoint
   * @param before what the barrier waits for and hands on besides
   */
  static RecomputedSegment of(
      Ops outside, String name, Map<Output<?>, Operand<?>> asked, List<Operand<?>> before) {
    List<GraphOperation> operations = operations(name, asked.keySet());
    Set<Output<?>> read = new LinkedHashSet<>();
    for (GraphOperation operation : operations) {
      for (int i = 0; i < operation.numInputs(); i++) {
        Output<?> input = operation.input(i);
        if (!isInside(input, name) && !isConstant(input)) {
          read.add(input);
        }
      }
    }
    List<Output<?>> inputs = List.copyOf(read);
    Ops tf = Recomputation.segment(outside);
    List<Operand<?>> waiting = new ArrayList<>(inputs);
    waiting.addAll(asked.values());
    waiting.addAll(before);
    List<Operand<?>> behind = Recomputation.barrier(tf, waiting);
    Map<Output<?>, Output<?>> copies = new HashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      copies.put(inputs.get(i), behind.get(i).asOutput());
    }
    operations.forEach(operation -> copy(tf, operation, copies));
    List<Operand<?>> outputs = new ArrayList<>();
    asked.keySet().forEach(output -> outputs.add(copies.get(output)));
    return new RecomputedSegment(
        tf,
        inputs,
        behind.subList(0, inputs.size()),
        outputs,
        behind.subList(inputs.size(), inputs.size() + asked.size()),
        behind.subList(inputs.size() + asked.size(), behind.size()));
  }

  /** Its operations that the outputs follow from, each after those it reads from. */
  private static List<GraphOperation> operations(String name, Set<Output<?>> outputs) {
    List<GraphOperation> from =
        outputs.stream().map(output -> (GraphOperation) output.op()).toList();
    return InputsFirst.of(from, operation -> inputsInside(name, operation));
  }

  private static List<GraphOperation> inputsInside(String name, GraphOperation operation) {
    List<GraphOperation> inputs = new ArrayList<>();
    for (int i = 0; i < operation.numInputs(); i++) {
      Output<?> input = operation.input(i);
      if (isInside(input, name) && !isConstant(input)) {
        inputs.add((GraphOperation) input.op());
      }
    }
    return inputs;
  }

  private static void copy(Ops tf, GraphOperation operation, Map<Output<?>, Output<?>> copies) {
    List<Output<?>> inputs = new ArrayList<>();
    for (int i = 0; i < operation.numInputs(); i++) {
      inputs.add(copies.getOrDefault(operation.input(i), operation.input(i)));
    }
    // What stands behind an earlier barrier stands behind the new one.
    GraphOperation copy =
        Recomputation.isBarrier(operation) ? null : OperationCopy.of(tf, operation, inputs);
    for (int i = 0; i < operation.numOutputs(); i++) {
      copies.put(operation.output(i), copy == null ? inputs.get(i) : copy.output(i));
    }
  }

  private static boolean isInside(Output<?> output, String name) {
    return Recomputation.segmentOf((GraphOperation) output.op()).filter(name::equals).isPresent();
  }

  private static boolean isConstant(Output<?> output) {
    return output.op().type().equals("Const");
  }
}
