package org.bilora.generate;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.bilora.generate.FrozenDecoder.Top;
import org.bilora.model.DecoderConfig;
import org.bilora.model.DecoderInputs;
import org.bilora.model.DecoderPast;
import org.bilora.model.DecoderStates;
import org.bilora.model.PretrainedDecoder;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Keeps keys and values in variables, on the device. Prompts are read in one run, then each token
 * of all rows in one run, which also brings the rows into their new order. A prompt's keys and
 * values are stored once, not once per row, and never moved until a prompt is finished.
 */
final class CachedDecoder implements NextTokens {
  private final FrozenDecoder frozen;
  private final Placeholder<TInt32> ids;
  private final Placeholder<TInt32> mask;
  private final Placeholder<TInt32> positions;
  private final Placeholder<TInt32> parents;
  private final Placeholder<TInt32> kept;
  private final Top afterPrompt;
  private final Top afterToken;
  private final List<Op> keepPrompts = new ArrayList<>();
  private final List<Op> keepToken = new ArrayList<>();
  private final List<Op> dropPrompts = new ArrayList<>();
  private PaddedRows prompts;
  private int generated;

  CachedDecoder(PretrainedDecoder model, boolean sums) {
    frozen = new FrozenDecoder(model, sums);
    Ops tf = frozen.tf();
    ids = frozen.integers(2);
    mask = frozen.integers(2);
    positions = frozen.integers(2);
    parents = frozen.integers(1);
    kept = frozen.integers(1);
    Cache ofPrompts = new Cache("prompts");
    Cache ofRows = new Cache("rows");

    DecoderStates<TFloat32> read = frozen.decoder().read(tf, new DecoderInputs(ids, mask));
    afterPrompt = frozen.top(frozen.lastColumn(read.hidden(), ids));
    ofPrompts.assign(read.past(), keepPrompts);
    ofRows.assign(withoutTokens(tf, read.past()), keepPrompts);

    DecoderStates<TFloat32> next =
        frozen
            .decoder()
            .next(tf, ids, positions, ofPrompts.read(), mask, chosen(tf, ofRows.read(), parents));
    afterToken = frozen.top(next.hidden());
    ofRows.assign(next.past(), keepToken);

    ofPrompts.assign(chosen(tf, ofPrompts.read(), kept), dropPrompts);
  }

  /** Variables for the keys and values of every layer. */
  private final class Cache {
    private final List<VarHandleOp> keys = new ArrayList<>();
    private final List<VarHandleOp> values = new ArrayList<>();

    Cache(String of) {
      DecoderConfig config = frozen.config();
      Shape shape =
          Shape.of(Shape.UNKNOWN_SIZE, config.heads(), Shape.UNKNOWN_SIZE, config.headSize());
      for (int layer = 0; layer < config.layers(); layer++) {
        keys.add(frozen.variable("%s/keys/%d".formatted(of, layer), shape));
        values.add(frozen.variable("%s/values/%d".formatted(of, layer), shape));
      }
    }

    DecoderPast<TFloat32> read() {
      return new DecoderPast<>(read(keys), read(values));
    }

    private List<Operand<TFloat32>> read(List<VarHandleOp> variables) {
      return variables.stream()
          .map(variable -> frozen.tf().readVariableOp(variable, TFloat32.class))
          .collect(ImmutableList.toImmutableList());
    }

    void assign(DecoderPast<TFloat32> past, List<Op> targets) {
      for (int layer = 0; layer < keys.size(); layer++) {
        targets.add(frozen.tf().assignVariableOp(keys.get(layer), past.keys().get(layer)));
        targets.add(frozen.tf().assignVariableOp(values.get(layer), past.values().get(layer)));
      }
    }
  }

  /** The same rows before their first token. */
  private static DecoderPast<TFloat32> withoutTokens(Ops tf, DecoderPast<TFloat32> past) {
    return new DecoderPast<>(withoutTokens(tf, past.keys()), withoutTokens(tf, past.values()));
  }

  private static List<Operand<TFloat32>> withoutTokens(Ops tf, List<Operand<TFloat32>> layers) {
    int[] size = {-1, -1, 0, -1};
    return layers.stream()
        .map(each -> tf.slice(each, tf.constant(new int[4]), tf.constant(size)))
        .collect(ImmutableList.toImmutableList());
  }

  /** The rows of those indices. */
  private static DecoderPast<TFloat32> chosen(
      Ops tf, DecoderPast<TFloat32> past, Operand<TInt32> rows) {
    return new DecoderPast<>(chosen(tf, past.keys(), rows), chosen(tf, past.values(), rows));
  }

  private static List<Operand<TFloat32>> chosen(
      Ops tf, List<Operand<TFloat32>> layers, Operand<TInt32> rows) {
    return layers.stream()
        .map(each -> tf.gather(each, rows, tf.constant(0)))
        .collect(ImmutableList.toImmutableList());
  }

  @Override
  public int vocabularySize() {
    return frozen.vocabularySize();
  }

  @Override
  public Candidates start(List<int[]> texts, int count) {
    prompts = PaddedRows.of(texts);
    generated = 0;
    frozen.penalty().start(texts);
    try (TInt32 idTensor = prompts.idTensor();
        TInt32 maskTensor = prompts.maskTensor()) {
      Session.Runner runner = frozen.runner().feed(ids, idTensor).feed(mask, maskTensor);
      keepPrompts.forEach(runner::addTarget);
      return frozen.fetch(runner, afterPrompt, texts.size(), count);
    }
  }

  @Override
  public Candidates next(int[] keptPrompts, int[] parentRows, int[] tokens, int count) {
    if (keptPrompts.length < prompts.ids().length) {
      prompts = prompts.only(keptPrompts);
      try (TInt32 indices = TInt32.vectorOf(keptPrompts)) {
        Session.Runner runner = frozen.runner().feed(kept, indices);
        dropPrompts.forEach(runner::addTarget);
        runner.run().close();
      }
    }
    int rowsOfPrompt = tokens.length / keptPrompts.length;
    int[][] column = new int[tokens.length][1];
    int[][] places = new int[tokens.length][1];
    for (int row = 0; row < tokens.length; row++) {
      column[row][0] = tokens[row];
      places[row][0] = prompts.length(row / rowsOfPrompt) + generated;
    }
    generated++;
    frozen.penalty().next(parentRows, tokens);
    try (TInt32 tokenTensor = TInt32.tensorOf(StdArrays.ndCopyOf(column));
        TInt32 placeTensor = TInt32.tensorOf(StdArrays.ndCopyOf(places));
        TInt32 maskTensor = prompts.maskTensor();
        TInt32 parentTensor = TInt32.vectorOf(parentRows)) {
      Session.Runner runner =
          frozen
              .runner()
              .feed(ids, tokenTensor)
              .feed(positions, placeTensor)
              .feed(mask, maskTensor)
              .feed(parents, parentTensor);
      keepToken.forEach(runner::addTarget);
      return frozen.fetch(runner, afterToken, tokens.length, count);
    }
  }

  @Override
  public void close() {
    frozen.close();
  }
}
