package org.bilora.serve;

import com.google.common.collect.ImmutableMap;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.tensorflow.ndarray.Shape;

/**
 * Rows of requests that come at the same time share a run of the model.
 *
 * <p>One thread runs the model. It takes the oldest waiting request, waits until {@code maxRows}
 * rows of the same {@link Kind} are there or the request is {@code delay} old, and runs them
 * together; what arrives while the model runs waits for the next run. A request of more rows is run
 * in several parts. Requests are of one kind when they go to one signature and their rows have the
 * same shape, or, where the signature has a mask, nearly the same length: the next power of two.
 *
 * <p>When a run of several requests fails, each is run again alone, so that a request with a token
 * id outside the vocabulary spoils no other.
 */
final class Batcher implements AutoCloseable {
  private final int maxRows;
  private final long delayNanos;
  private final int maxQueuedRows;
  private final ServerMetrics metrics;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Part> waiting = new LinkedList<>();
  private final Thread runner = new Thread(this::runAll, "batcher");
  private int queuedRows;
  private boolean closing;

  /** Requests that may share a run: signature, and type and shape of the rows of each input. */
  private record Kind(GraphSignature signature, Map<String, Object> rows) {}

  private record Part(
      Kind kind,
      Map<String, Values> inputs,
      boolean alone,
      int rows,
      long arrived,
      CompletableFuture<Map<String, Values>> outputs) {}

  Batcher(int maxRows, Duration delay, int maxQueuedRows, ServerMetrics metrics) {
    this.maxRows = maxRows;
    this.delayNanos = delay.toNanos();
    this.maxQueuedRows = maxQueuedRows;
    this.metrics = metrics;
    metrics.queuedRows(this::queuedRows);
    runner.setDaemon(true);
    runner.start();
  }

  /** Rows that wait or run. */
  int queuedRows() {
    lock.lock();
    try {
      return queuedRows;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Queues a request.
   *
   * @return its outputs, or a {@link RequestRefusedException}; completed by the thread that runs
   *     the model, which must not be held up
   * @throws RequestRefusedException with 429 when the queue is full, with 413 when the request
   *     alone would overfill it, with 503 after {@link #close}
   */
  CompletableFuture<Map<String, Values>> submit(
      GraphSignature signature, Map<String, Values> inputs) {
    List<Part> parts = parts(signature, inputs);
    int rows = parts.stream().mapToInt(Part::rows).sum();
    if (rows > maxQueuedRows) {
      throw new RequestRefusedException(
          413, "%d rows in a request, at most %d are taken".formatted(rows, maxQueuedRows));
    }
    lock.lock();
    try {
      if (closing) {
        throw new RequestRefusedException(503, "the server is stopping");
      }
      if (queuedRows + rows > maxQueuedRows) {
        throw new RequestRefusedException(
            429, "%d rows are waiting; try again in a second".formatted(queuedRows));
      }
      queuedRows += rows;
      waiting.addAll(parts);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    return joined(parts);
  }

  private List<Part> parts(GraphSignature signature, Map<String, Values> inputs) {
    long now = System.nanoTime();
    int rows = commonRows(inputs);
    if (rows < 1) {
      return List.of(part(signature, inputs, true, 1, now));
    }
    List<Part> parts = new ArrayList<>();
    for (int from = 0; from < rows; from += maxRows) {
      int start = from;
      int end = Math.min(rows, from + maxRows);
      ImmutableMap.Builder<String, Values> slice = ImmutableMap.builder();
      inputs.forEach(
          (input, values) ->
              slice.put(input, end - start == rows ? values : values.slice(start, end)));
      parts.add(part(signature, slice.build(), false, end - start, now));
    }
    return parts;
  }

  private Part part(
      GraphSignature signature, Map<String, Values> inputs, boolean alone, int rows, long arrived) {
    boolean pads = pads(signature, inputs);
    ImmutableMap.Builder<String, Object> kind = ImmutableMap.builder();
    new TreeMap<>(inputs)
        .forEach(
            (input, values) ->
                kind.put(
                    input,
                    alone ? "" : rowKind(pads && signature.padding().containsKey(input), values)));
    return new Part(
        new Kind(signature, kind.build()), inputs, alone, rows, arrived, new CompletableFuture<>());
  }

  /** Padding must not hide that a request's mask is shorter than its ids. */
  private static boolean pads(GraphSignature signature, Map<String, Values> inputs) {
    List<Shape> shapes =
        signature.padding().keySet().stream()
            .filter(inputs::containsKey)
            .map(input -> inputs.get(input).shape())
            .distinct()
            .toList();
    return shapes.size() == 1
        && inputs.keySet().containsAll(signature.padding().keySet())
        && shapes.get(0).numDimensions() == 2;
  }

  private static Object rowKind(boolean pads, Values values) {
    Shape row = values.shape().tail();
    if (!pads) {
      return row;
    }
    long length = row.get(0);
    return length <= 1 ? length : Long.highestOneBit(length - 1) << 1;
  }

  /** Rows, when all inputs have as many; otherwise 0. */
  private static int commonRows(Map<String, Values> inputs) {
    int rows = -1;
    for (Values values : inputs.values()) {
      if (!values.hasRows() || rows >= 0 && values.rows() != rows) {
        return 0;
      }
      rows = values.rows();
    }
    return Math.max(rows, 0);
  }

  private static CompletableFuture<Map<String, Values>> joined(List<Part> parts) {
    if (parts.size() == 1) {
      return parts.get(0).outputs;
    }
    return CompletableFuture.allOf(
            parts.stream().map(Part::outputs).toArray(CompletableFuture<?>[]::new))
        .thenApply(
            done -> {
              ImmutableMap.Builder<String, Values> whole = ImmutableMap.builder();
              for (String output : parts.get(0).outputs.join().keySet()) {
                whole.put(
                    output,
                    Values.concatenate(
                        parts.stream().map(part -> part.outputs.join().get(output)).toList()));
              }
              return whole.build();
            });
  }

  private void runAll() {
    for (List<Part> batch = next(); !batch.isEmpty(); batch = next()) {
      try {
        run(batch);
      } finally {
        lock.lock();
        try {
          queuedRows -= batch.stream().mapToInt(Part::rows).sum();
        } finally {
          lock.unlock();
        }
      }
    }
  }

  /** The next batch; empty after the last one when closing. */
  private List<Part> next() {
    lock.lock();
    try {
      while (waiting.isEmpty()) {
        if (closing) {
          return List.of();
        }
        changed.awaitUninterruptibly();
      }
      Part oldest = waiting.get(0);
      long left = oldest.arrived + delayNanos - System.nanoTime();
      while (left > 0 && !closing && !oldest.alone && rowsOf(oldest.kind) < maxRows) {
        changed.awaitNanos(left);
        left = oldest.arrived + delayNanos - System.nanoTime();
      }
      return take(oldest);
    } catch (InterruptedException impossible) {
      throw new IllegalStateException("nobody interrupts this thread", impossible);
    } finally {
      lock.unlock();
    }
  }

  private int rowsOf(Kind kind) {
    return waiting.stream().filter(part -> part.kind.equals(kind)).mapToInt(Part::rows).sum();
  }

  private List<Part> take(Part oldest) {
    List<Part> batch = new ArrayList<>();
    int rows = 0;
    for (Iterator<Part> parts = waiting.iterator(); parts.hasNext() && rows < maxRows; ) {
      Part part = parts.next();
      boolean fits =
          part == oldest
              || !oldest.alone
                  && !part.alone
                  && part.kind.equals(oldest.kind)
                  && rows + part.rows <= maxRows;
      if (fits) {
        batch.add(part);
        rows += part.rows;
        parts.remove();
      }
      if (oldest.alone) {
        break;
      }
    }
    return batch;
  }

  private void run(List<Part> batch) {
    int rows = batch.stream().mapToInt(Part::rows).sum();
    long start = System.nanoTime();
    try {
      Map<String, Values> outputs = batch.get(0).kind.signature.run(together(batch));
      metrics.batch(rows, System.nanoTime() - start);
      if (batch.size() == 1) {
        batch.get(0).outputs.complete(outputs);
      } else if (outputs.values().stream()
          .allMatch(values -> values.hasRows() && values.rows() == rows)) {
        handOut(batch, outputs);
      } else {
        // An output without a row for each row cannot be shared out.
        batch.forEach(this::runAlone);
      }
    } catch (RuntimeException | Error e) {
      if (batch.size() == 1) {
        fail(batch.get(0), e);
      } else {
        batch.forEach(this::runAlone);
      }
    }
  }

  private void runAlone(Part part) {
    try {
      long start = System.nanoTime();
      Map<String, Values> outputs = part.kind.signature.run(part.inputs);
      metrics.batch(part.rows, System.nanoTime() - start);
      part.outputs.complete(outputs);
    } catch (RuntimeException | Error e) {
      fail(part, e);
    }
  }

  private static void fail(Part part, Throwable e) {
    part.outputs.completeExceptionally(e);
  }

  private static Map<String, Values> together(List<Part> batch) {
    if (batch.size() == 1) {
      return batch.get(0).inputs;
    }
    GraphSignature signature = batch.get(0).kind.signature;
    boolean pads = pads(signature, batch.get(0).inputs);
    ImmutableMap.Builder<String, Values> inputs = ImmutableMap.builder();
    for (String input : batch.get(0).inputs.keySet()) {
      List<Values> column = batch.stream().map(part -> part.inputs.get(input)).toList();
      if (pads && signature.padding().containsKey(input)) {
        long longest = column.stream().mapToLong(values -> values.shape().get(1)).max().orElse(0);
        column =
            column.stream()
                .map(
                    values ->
                        values.padded(Math.toIntExact(longest), signature.padding().get(input)))
                .toList();
      }
      inputs.put(input, Values.concatenate(column));
    }
    return inputs.build();
  }

  private static void handOut(List<Part> batch, Map<String, Values> outputs) {
    int from = 0;
    for (Part part : batch) {
      int start = from;
      int end = from + part.rows;
      ImmutableMap.Builder<String, Values> own = ImmutableMap.builder();
      outputs.forEach((output, values) -> own.put(output, values.slice(start, end)));
      part.outputs.complete(own.build());
      from = end;
    }
  }

  /** Takes nothing more, runs what waits, and returns when that is answered. */
  @Override
  public void close() {
    lock.lock();
    try {
      closing = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    boolean interrupted = false;
    while (runner.isAlive()) {
      try {
        TimeUnit.MILLISECONDS.timedJoin(runner, 1000);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
