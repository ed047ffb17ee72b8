package org.bilora.generate;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import org.bilora.model.Decoder;
import org.bilora.model.DecoderConfig;
import org.bilora.model.DecoderInputs;
import org.bilora.model.DecoderPast;
import org.bilora.model.DecoderStates;
import org.bilora.model.PretrainedDecoder;
import org.bilora.text.graph.Loop;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.nn.TopK;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/**
 * Greedy decoding inside a graph, of core operations alone. Prompts are read at once; then a {@code
 * While} loop reads each row's newest token and appends the most probable next one. Keys and values
 * of what was read are kept from turn to turn. A row that has come to its end is filled up while
 * others go on, and the loop ends with the last of them.
 *
 * <p>Tokens are those of {@link DecodingMethod.Greedy} in {@link TextGenerator}: the highest log
 * probability, of equal ones the lowest id, none that would complete an n-gram a second time.
 */
public final class GreedyLoop {
  private final PretrainedDecoder model;
  private final DecoderConfig config;
  private final DecodingSettings settings;
  private final List<String> weights;
  private final int vocabularySize;

  /**
   * What was written.
   *
   * @param ids {@code [rows, tokens]}, filled up with {@link #filler} behind each row's end
   * @param lengths tokens of each row before its end, {@code [rows]}
   */
  public record Outputs(Operand<TInt32> ids, Operand<TInt32> lengths) {}

  /**
   * Greedy decoding of a model.
   *
   * @param settings how long texts become, and which n-grams may not come twice
   * @throws IllegalArgumentException when the model or the settings ask for what the loop does not
   *     do: what
   */
  public GreedyLoop(PretrainedDecoder model, DecodingSettings settings) {
    refusal(model, settings)
        .ifPresent(
            reason -> {
              throw new IllegalArgumentException(reason);
            });
    this.model = model;
    this.config = model.config();
    this.settings = settings;
    this.weights = List.copyOf(new TreeSet<>(model.weights().keySet()));
    // Rows of the embedding without a token cannot become text.
    this.vocabularySize = Math.min(config.vocabSize(), model.tokenizer().vocabularySize());
  }

  private static Optional<String> refusal(PretrainedDecoder model, DecodingSettings settings) {
    if (model.generation().notDone().isPresent()) {
      return model.generation().notDone();
    }
    if (model.generation().repetitionPenalty() != 1) {
      return Optional.of(
          "repetition_penalty is %s, which decoding in a graph does not know; generate does"
              .formatted(model.generation().repetitionPenalty()));
    }
    if (!(settings.method() instanceof DecodingMethod.Greedy) || settings.minNewTokens() > 0) {
      return Optional.of(
          "decoding in a graph is greedy, and ends texts where the model does; give other settings"
              + " to generate");
    }
    return Optional.empty();
  }

  /** What stands behind the end of a row: a token that ends a text, where there is one, else 0. */
  public static int filler(PretrainedDecoder model) {
    return model.generation().ends().stream().mapToInt(id -> id).min().orElse(0);
  }

  /**
   * What goes round in the loop: the values that change, then those that stay.
   *
   * @param tokens written so far, {@code [rows, tokens]}
   * @param finished rows that have ended, {@code [rows]}
   * @param lengths {@code [rows]}
   * @param own keys and values of what was written and read
   * @param promptLengths {@code [rows]}
   * @param promptMask {@code [rows, length]}
   * @param prompts keys and values of the prompts
   * @param weights in the order of their names
   */
  private record State(
      Operand<TInt32> tokens,
      Operand<TBool> finished,
      Operand<TInt32> lengths,
      DecoderPast<TFloat32> own,
      Operand<TInt32> promptLengths,
      Operand<TInt32> promptMask,
      DecoderPast<TFloat32> prompts,
      List<Operand<TFloat32>> weights) {

    List<Operand<?>> operands() {
      List<Operand<?>> all = new ArrayList<>(List.of(tokens, finished, lengths));
      all.addAll(own.keys());
      all.addAll(own.values());
      all.add(promptLengths);
      all.add(promptMask);
      all.addAll(prompts.keys());
      all.addAll(prompts.values());
      all.addAll(weights);
      return all;
    }

    @SuppressWarnings("unchecked")
    static State of(List<Operand<?>> all, int layers) {
      int fixed = 3 + 2 * layers;
      return new State(
          (Operand<TInt32>) all.get(0),
          (Operand<TBool>) all.get(1),
          (Operand<TInt32>) all.get(2),
          past(all, 3, layers),
          (Operand<TInt32>) all.get(fixed),
          (Operand<TInt32>) all.get(fixed + 1),
          past(all, fixed + 2, layers),
          floats(all.subList(fixed + 2 + 2 * layers, all.size())));
    }

    @SuppressWarnings("unchecked")
    private static List<Operand<TFloat32>> floats(List<Operand<?>> all) {
      return all.stream().map(each -> (Operand<TFloat32>) each).toList();
    }

    private static DecoderPast<TFloat32> past(List<Operand<?>> all, int from, int layers) {
      List<Operand<TFloat32>> floats = floats(all.subList(from, from + 2 * layers));
      return new DecoderPast<>(floats.subList(0, layers), floats.subList(layers, 2 * layers));
    }

    /** Number of tokens that every row has, those that fill up included; a scalar. */
    Operand<TInt32> count(Ops tf) {
      return tf.squeeze(axis(tf, tokens, 1));
    }
  }

  /**
   * Builds it.
   *
   * @param ids prompts, {@code [rows, length]}, padded before or behind
   * @param mask 1 for a token, 0 for padding, {@code [rows, length]}
   * @param values of the weights, by name
   */
  public Outputs build(
      Ops tf,
      Operand<TInt32> ids,
      Operand<TInt32> mask,
      Function<String, Operand<TFloat32>> values) {
    Operand<TInt32> lengths = tf.reduceSum(mask, tf.constant(1));
    Operand<TInt32> prompts = tf.withControlDependencies(List.of(fit(tf, lengths))).identity(ids);
    List<Operand<TFloat32>> all = weights.stream().map(values).toList();
    Decoder<TFloat32> decoder = decoder(tf, all);
    DecoderStates<TFloat32> read = decoder.read(tf, new DecoderInputs(prompts, mask));
    Operand<TInt32> none = tf.zerosLike(lengths);
    State start =
        new State(
            tf.slice(prompts, tf.array(0, 0), tf.array(-1, 0)),
            tf.math.less(none, none),
            none,
            new DecoderPast<>(
                withoutTokens(tf, read.past().keys()), withoutTokens(tf, read.past().values())),
            lengths,
            mask,
            read.past(),
            all);
    Operand<TFloat32> last = tf.gather(read.hidden(), lastTokens(tf, mask), tf.constant(0));
    State first = appended(tf, start, scores(tf, decoder, last), start.own());
    int layers = config.layers();
    State end =
        State.of(
            Loop.run(
                tf,
                "decode",
                first.operands(),
                (ops, state) -> goesOn(ops, State.of(state, layers)),
                (ops, state) -> turn(ops, State.of(state, layers)).operands()),
            layers);
    return new Outputs(end.tokens(), end.lengths());
  }

  /** Within the loop the weights' shapes are told anew. */
  private Decoder<TFloat32> decoder(Ops tf, List<Operand<TFloat32>> values) {
    return new Decoder<>(
        config,
        name ->
            tf.ensureShape(
                values.get(weights.indexOf(name)), Shape.of(model.weights().get(name).shape())));
  }

  private Op fit(Ops tf, Operand<TInt32> lengths) {
    Operand<TBool> fits =
        tf.math.logicalAnd(
            tf.math.greater(lengths, tf.constant(0)),
            tf.math.less(lengths, tf.constant(config.maxPositions())));
    String message =
        "a prompt has no token, or leaves none of the model's %d positions"
            .formatted(config.maxPositions());
    return tf.assertThat(tf.reduceAll(fits, tf.constant(0)), List.of(tf.constant(message)));
  }

  /** Where each row's last token stands among all columns of all rows. */
  private static Operand<TInt32> lastTokens(Ops tf, Operand<TInt32> mask) {
    Operand<TInt32> columns = tf.math.cumsum(tf.onesLike(mask), tf.constant(1)); // from 1
    Operand<TInt32> last = tf.reduceMax(tf.math.mul(columns, mask), tf.constant(1));
    Operand<TInt32> rows = tf.math.cumsum(tf.onesLike(last), tf.constant(0)); // from 1
    Operand<TInt32> before = tf.math.mul(tf.math.sub(rows, tf.constant(1)), axis(tf, mask, 1));
    return tf.math.sub(tf.math.add(before, last), tf.constant(1));
  }

  private static List<Operand<TFloat32>> withoutTokens(Ops tf, List<Operand<TFloat32>> layers) {
    return layers.stream()
        .<Operand<TFloat32>>map(
            each -> tf.slice(each, tf.array(0, 0, 0, 0), tf.array(-1, -1, 0, -1)))
        .toList();
  }

  private Operand<TBool> goesOn(Ops tf, State state) {
    return tf.math.logicalAnd(
        tf.reduceAny(tf.math.logicalNot(state.finished()), tf.constant(0)),
        tf.math.less(state.count(tf), tf.constant(settings.maxNewTokens())));
  }

  /** Reads each row's newest token, and appends the next one. */
  private State turn(Ops tf, State state) {
    Operand<TInt32> newest = tf.math.sub(state.count(tf), tf.constant(1));
    Operand<TInt32> token =
        tf.gather(state.tokens(), tf.expandDims(newest, tf.constant(0)), tf.constant(1));
    // A row that has ended is read beyond the last position, where nobody looks at what it says.
    Operand<TInt32> position =
        tf.math.minimum(
            tf.math.add(state.promptLengths(), newest), tf.constant(config.maxPositions() - 1));
    Decoder<TFloat32> decoder = decoder(tf, state.weights());
    DecoderStates<TFloat32> next =
        decoder.next(
            tf,
            token,
            tf.expandDims(position, tf.constant(1)),
            state.prompts(),
            state.promptMask(),
            state.own());
    return appended(
        tf,
        state,
        withoutRepeats(tf, scores(tf, decoder, next.hidden()), state.tokens()),
        next.past());
  }

  /** Log probabilities of the next token, {@code [rows, vocabulary]}. */
  private Operand<TFloat32> scores(Ops tf, Decoder<TFloat32> decoder, Operand<TFloat32> hidden) {
    Operand<TFloat32> logits = decoder.logits(tf, hidden);
    return tf.nn.logSoftmax(
        vocabularySize < config.vocabSize()
            ? tf.slice(logits, tf.array(0, 0), tf.array(-1, vocabularySize))
            : logits);
  }

  /** The state with one more token in every row. */
  private State appended(Ops tf, State state, Operand<TFloat32> scores, DecoderPast<TFloat32> own) {
    TopK<TFloat32, TInt32> top = tf.nn.topK(scores, tf.constant(1), TInt32.class);
    Operand<TInt32> best = tf.reshape(top.indices(), tf.array(-1));
    Operand<TBool> none = // every token is banned
        tf.math.isInf(tf.reshape(top.values(), tf.array(-1)));
    Operand<TBool> over = tf.math.logicalOr(state.finished(), none);
    Operand<TInt32> filler = tf.fill(tf.shape(best), tf.constant(filler(model)));
    Operand<TBool> ended = tf.math.logicalOr(over, isEnd(tf, best));
    Operand<TInt32> length =
        tf.math.add(state.lengths(), tf.dtypes.cast(tf.math.logicalNot(ended), TInt32.class));
    Operand<TInt32> room = tf.math.sub(tf.constant(config.maxPositions()), state.promptLengths());
    return new State(
        tf.concat(
            List.of(state.tokens(), tf.expandDims(tf.select(over, filler, best), tf.constant(1))),
            tf.constant(1)),
        tf.math.logicalOr(ended, tf.math.greaterEqual(length, room)),
        length,
        own,
        state.promptLengths(),
        state.promptMask(),
        state.prompts(),
        state.weights());
  }

  private Operand<TBool> isEnd(Ops tf, Operand<TInt32> tokens) {
    int[] ends = model.generation().ends().stream().mapToInt(id -> id).sorted().toArray();
    if (ends.length == 0) {
      return tf.math.less(tokens, tf.constant(0));
    }
    return tf.reduceAny(
        tf.math.equal(tf.expandDims(tokens, tf.constant(1)), tf.constant(ends)), tf.constant(1));
  }

  /**
   * Log probabilities with −∞ for tokens that would complete an n-gram a second time. The n − 1
   * newest tokens are held against all n − 1 before them; behind those that are the same stands
   * what may not come. Columns of −1 in front make the first n-grams as long as others.
   */
  private Operand<TFloat32> withoutRepeats(
      Ops tf, Operand<TFloat32> scores, Operand<TInt32> tokens) {
    int shared = settings.noRepeatNGram() - 1;
    if (shared < 0) {
      return scores;
    }
    Operand<TInt32> padded =
        tf.pad(tokens, tf.constant(new int[][] {{0, 0}, {shared, 0}}), tf.constant(-1));
    Operand<TInt32> size = tf.concat(List.of(tf.array(-1), axis(tf, tokens, 1)), tf.constant(0));
    Operand<TBool> same = tf.math.greaterEqual(tokens, tf.constant(0));
    for (int at = 0; at < shared; at++) {
      Operand<TInt32> before = tf.slice(padded, tf.array(0, at), size);
      Operand<TInt32> place = tf.math.add(axis(tf, tokens, 1), tf.constant(at));
      Operand<TInt32> newest = tf.gather(padded, place, tf.constant(1)); // [rows, 1]
      same = tf.math.logicalAnd(same, tf.math.equal(before, newest));
    }
    Operand<TInt64> where = tf.where(same); // [repeats, 2]: row and place
    Operand<TInt64> rows =
        tf.slice(where, tf.constant(new long[] {0, 0}), tf.constant(new long[] {-1, 1}));
    Operand<TInt32> banned = tf.gatherNd(tokens, where);
    Operand<TInt64> cells =
        tf.concat(
            List.of(rows, tf.expandDims(tf.dtypes.cast(banned, TInt64.class), tf.constant(1))),
            tf.constant(1));
    Operand<TFloat32> never = tf.fill(tf.shape(banned), tf.constant(Float.NEGATIVE_INFINITY));
    return tf.tensorScatterNdUpdate(scores, cells, never);
  }

  /** The size of an axis, a vector of one. */
  private static Operand<TInt32> axis(Ops tf, Operand<?> of, int axis) {
    return tf.slice(tf.shape(of), tf.array(axis), tf.array(1));
  }
}
