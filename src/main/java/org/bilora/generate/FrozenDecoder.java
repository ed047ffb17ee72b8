package org.bilora.generate;

import com.google.common.io.Closer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bilora.model.Decoder;
import org.bilora.model.DecoderConfig;
import org.bilora.model.PretrainedDecoder;
import org.bilora.weights.HostTensor;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Squeeze;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.op.nn.TopK;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * A graph and a session with a pretrained decoder's weights in variables, in float32.
 *
 * <p>XLA is not used: a text grows by a token per run, and XLA compiles anew for every shape, or
 * has to compute over the longest text from the first token on.
 */
final class FrozenDecoder implements AutoCloseable {
  private final DecoderConfig config;
  private final int vocabularySize;
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Session session = new Session(graph);
  private final Map<String, VarHandleOp> variables = new HashMap<>();
  private final Decoder<TFloat32> decoder;
  private final RepetitionPenalty penalty;
  private final boolean sums;
  private final Placeholder<TInt32> count =
      tf.placeholder(TInt32.class, Placeholder.shape(Shape.scalar()));

  /** The most probable tokens as operands, {@code [rows, count]} each. */
  record Top(Operand<TFloat32> logProbabilities, Operand<TInt32> tokens) {}

  /**
   * A decoder's graph and variables.
   *
   * @param sums whether its repetition penalty is on log probabilities, which beam search sums;
   *     otherwise it is on logits
   */
  FrozenDecoder(PretrainedDecoder model, boolean sums) {
    this.sums = sums;
    config = model.config();
    // Rows of the embedding without a token cannot become text.
    vocabularySize = Math.min(config.vocabSize(), model.tokenizer().vocabularySize());
    penalty = new RepetitionPenalty(tf, model.generation().repetitionPenalty(), vocabularySize);
    assign(model);
    decoder = new Decoder<>(config, name -> tf.readVariableOp(variables.get(name), TFloat32.class));
  }

  private void assign(PretrainedDecoder model) {
    Session.Runner runner = session.runner();
    try (Closer tensors = Closer.create()) {
      for (Map.Entry<String, HostTensor> weight : model.weights().entrySet()) {
        Shape shape = Shape.of(weight.getValue().shape());
        VarHandleOp variable =
            tf.varHandleOp(TFloat32.class, shape, VarHandleOp.sharedName(weight.getKey()));
        variables.put(weight.getKey(), variable);
        Placeholder<TFloat32> fed = tf.placeholder(TFloat32.class, Placeholder.shape(shape));
        TFloat32 tensor =
            TFloat32.tensorOf(shape, DataBuffers.of(weight.getValue().values(), true, false));
        tensors.register(tensor::close);
        runner.feed(fed, tensor).addTarget(tf.assignVariableOp(variable, fed));
      }
      runner.run().close();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // closing a tensor does no input or output
    }
  }

  DecoderConfig config() {
    return config;
  }

  /** To be told what rows read. */
  RepetitionPenalty penalty() {
    return penalty;
  }

  int vocabularySize() {
    return vocabularySize;
  }

  Ops tf() {
    return tf;
  }

  Decoder<TFloat32> decoder() {
    return decoder;
  }

  Session.Runner runner() {
    return session.runner();
  }

  /** A matrix or a vector of whole numbers to feed. */
  Placeholder<TInt32> integers(int axes) {
    long[] unknown = new long[axes];
    Arrays.fill(unknown, Shape.UNKNOWN_SIZE);
    return tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(unknown)));
  }

  /** A variable whose shape is known when it is assigned. */
  VarHandleOp variable(String name, Shape shape) {
    return tf.varHandleOp(TFloat32.class, shape, VarHandleOp.sharedName(name));
  }

  /**
   * The last column's hidden states.
   *
   * @param hidden {@code [rows · length, hidden]}
   * @param ids {@code [rows, length]}, for the shape
   * @return {@code [rows, hidden]}
   */
  Operand<TFloat32> lastColumn(Operand<TFloat32> hidden, Operand<TInt32> ids) {
    Operand<TInt32> width = tf.constant(new int[] {config.hiddenSize()});
    Operand<TFloat32> byRow =
        tf.reshape(hidden, tf.concat(List.of(tf.shape(ids), width), tf.constant(0)));
    Operand<TInt32> last = tf.math.sub(lastAxis(ids), tf.constant(1));
    return tf.squeeze(tf.gather(byRow, last, tf.constant(1)), Squeeze.axis(List.of(1L)));
  }

  private Operand<TInt32> lastAxis(Operand<TInt32> matrix) {
    return tf.slice(tf.shape(matrix), tf.constant(new int[] {1}), tf.constant(new int[] {1}));
  }

  /** The most probable tokens after hidden states {@code [rows, hidden]}. */
  Top top(Operand<TFloat32> hidden) {
    Operand<TFloat32> logits = decoder.logits(tf, hidden);
    if (vocabularySize < config.vocabSize()) {
      int[] size = {-1, vocabularySize};
      logits = tf.slice(logits, tf.constant(new int[2]), tf.constant(size));
    }
    Operand<TFloat32> scores =
        sums
            ? penalty.apply(tf, tf.nn.logSoftmax(logits))
            : tf.nn.logSoftmax(penalty.apply(tf, logits));
    TopK<TFloat32, TInt32> top = tf.nn.topK(scores, count, TInt32.class);
    return new Top(top.values(), top.indices());
  }

  /**
   * Runs and reads the candidates.
   *
   * @param runner with everything fed but the number of candidates
   */
  Candidates fetch(Session.Runner runner, Top top, int rows, int wanted) {
    if (!penalty.isNone()) {
      try (TBool read = penalty.tensor()) {
        return fetched(runner.feed(penalty.read(), read), top, rows, wanted);
      }
    }
    return fetched(runner, top, rows, wanted);
  }

  private Candidates fetched(Session.Runner runner, Top top, int rows, int wanted) {
    try (TInt32 fed = TInt32.scalarOf(wanted);
        Result result =
            runner.feed(count, fed).fetch(top.logProbabilities()).fetch(top.tokens()).run()) {
      float[] logs = new float[rows * wanted];
      ((TFloat32) result.get(0)).copyTo(DataBuffers.of(logs, false, false));
      int[] tokens = new int[rows * wanted];
      ((TInt32) result.get(1)).copyTo(DataBuffers.of(tokens, false, false));
      float[][] logsByRow = new float[rows][wanted];
      int[][] tokensByRow = new int[rows][wanted];
      for (int row = 0; row < rows; row++) {
        System.arraycopy(logs, row * wanted, logsByRow[row], 0, wanted);
        System.arraycopy(tokens, row * wanted, tokensByRow[row], 0, wanted);
      }
      return new Candidates(tokensByRow, logsByRow);
    }
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
