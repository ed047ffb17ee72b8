package org.bilora.model;

import com.google.common.io.Closer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bilora.text.Encoding;
import org.bilora.weights.HostTensor;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TType;

/**
 * The last hidden states of a pretrained encoder, in float32, without dropout. Holds a graph and a
 * session until it is closed; the encoder may be closed before.
 */
public final class EncoderFeatures implements AutoCloseable {
  private static final int ROWS_PER_RUN = 32;

  private final EncoderConfig config;
  private final Graph graph = new Graph();
  private final Session session;
  private final Placeholder<TInt32> inputIds;
  private final Placeholder<TInt32> attentionMask;
  private final Placeholder<TInt32> tokenTypeIds;
  private final Operand<TFloat32> hidden;

  /**
   * One text's features, each of the encoder's width.
   *
   * @param cls the first token's last hidden state
   * @param mean the mean of all tokens' last hidden states, special tokens included
   */
  public record Features(float[] cls, float[] mean) {}

  /** Builds the forward pass and hands it the weights. */
  public EncoderFeatures(PretrainedEncoder model) {
    config = model.config();
    Ops tf = Ops.create(graph);
    Shape rowsAndLength = Shape.of(Shape.UNKNOWN_SIZE, Shape.UNKNOWN_SIZE);
    inputIds = tf.placeholder(TInt32.class, Placeholder.shape(rowsAndLength));
    attentionMask = tf.placeholder(TInt32.class, Placeholder.shape(rowsAndLength));
    tokenTypeIds = tf.placeholder(TInt32.class, Placeholder.shape(rowsAndLength));
    Map<String, Operand<? extends TType>> handles = new HashMap<>();
    Weights<TFloat32> weights =
        name ->
            tf.readVariableOp(
                handles.computeIfAbsent(name, missing -> variable(tf, model, name)),
                TFloat32.class);
    hidden =
        new Encoder<>(config, weights)
            .lastHiddenState(
                tf, new EncoderInputs(inputIds, attentionMask, tokenTypeIds), Dropout.off());
    session = new Session(graph);
    assign(tf, handles, model);
  }

  private static VarHandleOp variable(Ops tf, PretrainedEncoder model, String name) {
    return tf.varHandleOp(
        TFloat32.class, Shape.of(model.weights().get(name).shape()), VarHandleOp.sharedName(name));
  }

  /** Gives every variable its value, in one run: TensorFlow prepares each kind of run anew. */
  private void assign(
      Ops tf, Map<String, Operand<? extends TType>> handles, PretrainedEncoder model) {
    Session.Runner runner = session.runner();
    try (Closer tensors = Closer.create()) {
      handles.forEach(
          (name, handle) -> {
            HostTensor value = model.weights().get(name);
            Shape shape = Shape.of(value.shape());
            Placeholder<TFloat32> fed = tf.placeholder(TFloat32.class, Placeholder.shape(shape));
            TFloat32 tensor = TFloat32.tensorOf(shape, DataBuffers.of(value.values(), true, false));
            tensors.register(tensor::close);
            runner.feed(fed, tensor).addTarget(tf.assignVariableOp(handle, fed));
          });
      runner.run().close();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // closing a tensor does no input or output
    }
  }

  /**
   * The features of encoded texts, in the order given. Texts of similar length share a run, so that
   * little padding is computed.
   *
   * @throws IllegalArgumentException when a text has more tokens than the encoder has positions
   */
  public List<Features> of(List<Encoding> texts) {
    Features[] features = new Features[texts.size()];
    List<Integer> byLength =
        IntStream.range(0, texts.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> texts.get(i).length()))
            .toList();
    for (int from = 0; from < byLength.size(); from += ROWS_PER_RUN) {
      List<Integer> rows = byLength.subList(from, Math.min(byLength.size(), from + ROWS_PER_RUN));
      float[][][] states = lastHiddenStates(rows.stream().map(texts::get).toList());
      for (int row = 0; row < rows.size(); row++) {
        float[][] tokens = states[row];
        features[rows.get(row)] = new Features(tokens[0], mean(tokens));
      }
    }
    return List.of(features);
  }

  private static float[] mean(float[][] tokens) {
    double[] sum = new double[tokens[0].length];
    for (float[] token : tokens) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] += token[i];
      }
    }
    float[] mean = new float[sum.length];
    for (int i = 0; i < sum.length; i++) {
      mean[i] = (float) (sum[i] / tokens.length);
    }
    return mean;
  }

  /**
   * The last hidden states of texts that go through the encoder together, padded to the longest.
   *
   * @return by text and token, {@code [texts][the text's own length][hidden]}
   * @throws IllegalArgumentException when a text has more tokens than the encoder has positions
   */
  public float[][][] lastHiddenStates(List<Encoding> texts) {
    int length = texts.stream().mapToInt(Encoding::length).max().orElse(0);
    if (length > config.maxTokens()) {
      throw new IllegalArgumentException(
          "a text has %d tokens; this model reads 1 to %d: encode with a smaller maximum length"
              .formatted(length, config.maxTokens()));
    }
    int[][] ids = new int[texts.size()][length];
    int[][] mask = new int[texts.size()][length];
    int[][] types = new int[texts.size()][length];
    for (int row = 0; row < texts.size(); row++) {
      Encoding text = texts.get(row);
      Arrays.fill(ids[row], config.padTokenId());
      System.arraycopy(text.inputIds(), 0, ids[row], 0, text.length());
      Arrays.fill(mask[row], 0, text.length(), 1);
      System.arraycopy(text.tokenTypeIds(), 0, types[row], 0, text.length());
    }
    try (TInt32 idTensor = tensor(ids);
        TInt32 maskTensor = tensor(mask);
        TInt32 typeTensor = tensor(types);
        Result result =
            session
                .runner()
                .feed(inputIds, idTensor)
                .feed(attentionMask, maskTensor)
                .feed(tokenTypeIds, typeTensor)
                .fetch(hidden)
                .run()) {
      return withoutPadding(result.get(0), texts);
    }
  }

  private static TInt32 tensor(int[][] values) {
    return TInt32.tensorOf(StdArrays.ndCopyOf(values));
  }

  private static float[][][] withoutPadding(Tensor tensor, List<Encoding> texts) {
    TFloat32 states = (TFloat32) tensor;
    int width = Math.toIntExact(states.shape().get(2));
    float[][][] byText = new float[texts.size()][][];
    for (int row = 0; row < byText.length; row++) {
      byText[row] = new float[texts.get(row).length()][width];
      for (int token = 0; token < byText[row].length; token++) {
        StdArrays.copyFrom(states.get(row, token), byText[row][token]);
      }
    }
    return byText;
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
