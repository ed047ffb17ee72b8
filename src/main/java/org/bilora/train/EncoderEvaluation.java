package org.bilora.train;

import java.util.ArrayList;
import java.util.List;
import org.bilora.data.Batch;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/** Logits and loss without dropout, for batches of any shape. */
final class EncoderEvaluation<T extends TFloating> {
  private final Ops tf;
  private final EncoderProblem<T> problem;
  private final BatchFeeds feeds;
  private Operand<TFloat32> logits;
  private Operand<TFloat32> loss;

  /**
   * What an evaluation yields.
   *
   * @param logits {@code [rows][labels]}, padding rows included
   * @param loss mean over the rows that are examples
   */
  record Outputs(float[][] logits, float loss) {}

  EncoderEvaluation(Ops tf, EncoderProblem<T> problem) {
    this.tf = tf;
    this.problem = problem;
    this.feeds = BatchFeeds.declare(tf, -1, -1);
  }

  Outputs run(Session session, Batch batch, LevelVariables lower, LevelVariables upper) {
    if (logits == null) {
      logits = problem.logits(tf, feeds, 0, lower.parameters(tf), upper.parameters(tf));
      loss = problem.taskLoss(tf, feeds, logits);
    }
    Session.Runner runner = session.runner();
    List<Tensor> opened = new ArrayList<>(feeds.feed(runner, batch));
    try (Result result = runner.fetch(logits).fetch(loss).run()) {
      TFloat32 values = (TFloat32) result.get(0);
      int labels = Math.toIntExact(values.shape().get(1));
      float[] flat = new float[batch.rows() * labels];
      values.copyTo(DataBuffers.of(flat, false, false));
      float[][] rows = new float[batch.rows()][labels];
      for (int r = 0; r < rows.length; r++) {
        System.arraycopy(flat, r * labels, rows[r], 0, labels);
      }
      return new Outputs(rows, ((TFloat32) result.get(1)).getFloat());
    } finally {
      opened.forEach(Tensor::close);
    }
  }
}
