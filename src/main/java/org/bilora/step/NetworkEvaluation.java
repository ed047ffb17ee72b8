package org.bilora.step;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bilora.data.Batch;
import org.bilora.model.Dropout;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * Logits and loss without dropout, for batches of any shape. Any number of threads may ask at once:
 * the graph is built by the first of them, and a session runs for all.
 */
final class NetworkEvaluation<T extends TFloating, F extends BatchFeeds<F>> {
  private final Ops tf;
  private final ForwardPass<T, F> forward;
  private final Supplier<Values> values;
  private final F feeds;
  private Outputs outputs;

  /** What batches are asked for. */
  private record Outputs(Operand<TFloat32> logits, Operand<TFloat32> loss) {}

  /** The trained values in the graph, one operand per parameter. */
  record Values(List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {}

  /** What is fed besides a batch, and is to be closed afterwards. */
  @FunctionalInterface
  interface Feeding {
    List<Tensor> feed(Session.Runner runner);
  }

  static final Feeding NOTHING_ELSE = runner -> List.of();

  /**
   * @param values builds the trained values, once
   */
  NetworkEvaluation(Ops tf, ForwardPass<T, F> forward, Supplier<Values> values) {
    this.tf = tf;
    this.forward = forward;
    this.values = values;
    this.feeds = forward.network().feeds(tf);
  }

  /** As {@link Network#logits}, padding rows included. */
  float[][] logits(Session session, Batch batch, Feeding also) {
    return run(
        session,
        batch,
        also,
        outputs().logits(),
        values -> {
          int rows = Math.toIntExact(values.shape().get(0));
          int columns = Math.toIntExact(values.shape().get(1));
          float[] flat = new float[rows * columns];
          values.copyTo(DataBuffers.of(flat, false, false));
          float[][] byRow = new float[rows][columns];
          for (int r = 0; r < rows; r++) {
            System.arraycopy(flat, r * columns, byRow[r], 0, columns);
          }
          return byRow;
        });
  }

  /** As {@link Network#loss}. */
  float loss(Session session, Batch batch, Feeding also) {
    return run(session, batch, also, outputs().loss(), TFloat32::getFloat);
  }

  /** Builds what is asked for, if it is not there. */
  void prepare() {
    outputs();
  }

  private synchronized Outputs outputs() {
    if (outputs == null) {
      Values trained = values.get();
      Operand<TFloat32> logits =
          forward.logits(tf, feeds, trained.lower(), trained.upper(), Dropout.off());
      outputs =
          new Outputs(logits, forward.network().loss(tf, feeds, logits, Network.LossUse.REPORTED));
    }
    return outputs;
  }

  private <R> R run(
      Session session,
      Batch batch,
      Feeding also,
      Operand<TFloat32> fetched,
      Function<TFloat32, R> read) {
    Session.Runner runner = session.runner();
    List<Tensor> opened = new ArrayList<>(feeds.feed(runner, batch));
    opened.addAll(also.feed(runner));
    try (Result result = runner.fetch(fetched).run()) {
      return read.apply((TFloat32) result.get(0));
    } finally {
      opened.forEach(Tensor::close);
    }
  }
}
