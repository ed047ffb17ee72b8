package org.bilora.step;

import java.util.ArrayList;
import java.util.List;
import org.bilora.data.Batch;
import org.bilora.data.BatchParts;
import org.bilora.graph.StepBody;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.op.Ops;

/**
 * A mini-batch that is computed in parts, one by each worker, which is fed with its rows alone.
 *
 * @param workers that the batch is cut for; there are fewer parts where it has fewer rows
 * @param parts by worker
 * @param <F> placeholders of a part
 */
record PartFeeds<F extends BatchFeeds<F>>(int workers, List<Part<F>> parts)
    implements BatchFeeds<PartFeeds<F>> {

  /**
   * Consecutive rows of a batch.
   *
   * @param firstRow counted from 0
   * @param rows how many
   * @param feeds their placeholders
   */
  record Part<F>(int firstRow, int rows, F feeds) {}

  /** Declares placeholders where they are read. */
  static <F extends BatchFeeds<F>> PartFeeds<F> declare(
      Ops tf, Workers workers, Network<F> network, Batch like) {
    List<Part<F>> parts = new ArrayList<>();
    int firstRow = 0;
    for (Batch part : BatchParts.of(like, workers.count())) {
      Ops there = workers.at(tf, parts.size());
      parts.add(new Part<>(firstRow, part.rows(), network.feeds(there, part)));
      firstRow += part.rows();
    }
    return new PartFeeds<>(workers.count(), List.copyOf(parts));
  }

  @Override
  public PartFeeds<F> within(StepBody function) {
    return new PartFeeds<>(
        workers,
        parts.stream()
            .map(part -> new Part<>(part.firstRow, part.rows, part.feeds.within(function)))
            .toList());
  }

  @Override
  public List<Tensor> feed(Session.Runner runner, Batch batch) {
    List<Tensor> fed = new ArrayList<>();
    List<Batch> cut = BatchParts.of(batch, workers);
    for (int part = 0; part < parts.size(); part++) {
      fed.addAll(parts.get(part).feeds.feed(runner, cut.get(part)));
    }
    return fed;
  }
}
