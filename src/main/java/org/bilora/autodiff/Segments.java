package org.bilora.autodiff;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import org.bilora.graph.Recomputation;
import org.tensorflow.GraphOperation;

/** Groups operations by the segments ({@link Recomputation}) that they are part of. */
final class Segments {
  private Segments() {}

  /**
   * One step of the way back.
   *
   * @param segment its name; empty for a single operation
   * @param operations of the segment, each after those it reads from
   */
  record Unit(Optional<String> segment, List<GraphOperation> operations) {}

  /**
   * Each segment as one unit, every other operation as a unit of its own.
   *
   * @param inputsFirst operations, each after those it reads from
   * @return units, each after those it reads from
   */
  static List<Unit> units(List<GraphOperation> inputsFirst) {
    List<Unit> units = new ArrayList<>();
    Map<String, Integer> numbers = new HashMap<>();
    Map<GraphOperation, Integer> unitOf = new LinkedHashMap<>();
    for (GraphOperation operation : inputsFirst) {
      Optional<String> segment = Recomputation.segmentOf(operation);
      Integer known = segment.map(numbers::get).orElse(null);
      int number = known == null ? units.size() : known;
      if (known == null) {
        units.add(new Unit(segment, new ArrayList<>()));
        segment.ifPresent(name -> numbers.put(name, number));
      }
      units.get(number).operations.add(operation);
      unitOf.put(operation, number);
    }
    return numbers.isEmpty() ? units : inOrder(units, unitOf);
  }

  /** Puts units after those they read from; those that are free to stand earlier do. */
  private static List<Unit> inOrder(List<Unit> units, Map<GraphOperation, Integer> unitOf) {
    List<Set<Integer>> readers = new ArrayList<>();
    units.forEach(unit -> readers.add(new LinkedHashSet<>()));
    int[] waitsFor = new int[units.size()];
    unitOf.forEach(
        (operation, reader) -> {
          for (int i = 0; i < operation.numInputs(); i++) {
            Integer read = unitOf.get((GraphOperation) operation.input(i).op());
            if (read != null && !read.equals(reader) && readers.get(read).add(reader)) {
              waitsFor[reader]++;
            }
          }
        });
    PriorityQueue<Integer> free = new PriorityQueue<>();
    for (int unit = 0; unit < waitsFor.length; unit++) {
      if (waitsFor[unit] == 0) {
        free.add(unit);
      }
    }
    List<Unit> ordered = new ArrayList<>();
    while (!free.isEmpty()) {
      int unit = free.poll();
      ordered.add(units.get(unit));
      for (int reader : readers.get(unit)) {
        if (--waitsFor[reader] == 0) {
          free.add(reader);
        }
      }
    }
    if (ordered.size() < units.size()) {
      throw new IllegalStateException(
          "a segment that is to be computed again reads what follows from it: build it at once");
    }
    return Collections.unmodifiableList(ordered);
  }
}
