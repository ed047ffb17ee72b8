package org.bilora.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bilora.generate.FrozenDecoder.Top;
import org.bilora.model.DecoderInputs;
import org.bilora.model.Dropout;
import org.bilora.model.PretrainedDecoder;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TInt32;

/** Reads every row from its first token for each new one: what a cache saves can be measured. */
final class UncachedDecoder implements NextTokens {
  private final FrozenDecoder frozen;
  private final Placeholder<TInt32> ids;
  private final Placeholder<TInt32> mask;
  private final Top top;
  private List<int[]> rows = List.of();

  UncachedDecoder(PretrainedDecoder model, boolean sums) {
    frozen = new FrozenDecoder(model, sums);
    Ops tf = frozen.tf();
    ids = frozen.integers(2);
    mask = frozen.integers(2);
    var hidden = frozen.decoder().lastHiddenState(tf, new DecoderInputs(ids, mask), Dropout.off());
    top = frozen.top(frozen.lastColumn(hidden, ids));
  }

  @Override
  public int vocabularySize() {
    return frozen.vocabularySize();
  }

  @Override
  public Candidates start(List<int[]> prompts, int count) {
    rows = prompts;
    return read(count);
  }

  @Override
  public Candidates next(int[] kept, int[] parents, int[] tokens, int count) {
    List<int[]> longer = new ArrayList<>();
    for (int row = 0; row < parents.length; row++) {
      int[] parent = rows.get(parents[row]);
      int[] text = Arrays.copyOf(parent, parent.length + 1);
      text[parent.length] = tokens[row];
      longer.add(text);
    }
    rows = longer;
    return read(count);
  }

  private Candidates read(int count) {
    frozen.penalty().start(rows);
    PaddedRows padded = PaddedRows.of(rows);
    try (TInt32 idTensor = padded.idTensor();
        TInt32 maskTensor = padded.maskTensor()) {
      return frozen.fetch(
          frozen.runner().feed(ids, idTensor).feed(mask, maskTensor), top, rows.size(), count);
    }
  }

  @Override
  public void close() {
    frozen.close();
  }
}
