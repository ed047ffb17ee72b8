package org.bilora.autodiff;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.tensorflow.GraphOperation;

/** The order of computation, without recursion: graphs are deeper than Java's stack. */
final class InputsFirst {
  private InputsFirst() {}

  /**
   * All operations that some follow from, these included, each after those it reads from.
   *
   * @param from the last ones
   * @param inputs the operations that one reads from, as far as they matter
   */
  static List<GraphOperation> of(
      Collection<GraphOperation> from, Function<GraphOperation, List<GraphOperation>> inputs) {
    Deque<GraphOperation> stack = new ArrayDeque<>();
    Map<GraphOperation, List<GraphOperation>> readsFrom = new HashMap<>();
    Set<GraphOperation> done = new LinkedHashSet<>();
    from.forEach(stack::push);
    while (!stack.isEmpty()) {
      GraphOperation operation = stack.peek();
      if (done.contains(operation)) {
        stack.pop();
      } else if (readsFrom.containsKey(operation)) {
        stack.pop();
        done.add(operation);
      } else {
        List<GraphOperation> own = inputs.apply(operation);
        readsFrom.put(operation, own);
        own.stream().filter(input -> !done.contains(input)).forEach(stack::push);
      }
    }
    return new ArrayList<>(done);
  }
}
