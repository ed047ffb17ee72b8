package org.bilora.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A batch cut into parts of consecutive rows, as even as they can be, for processes that compute
 * them at the same time. A batch of fewer rows than parts is cut into as many as it has rows.
 */
public final class BatchParts {
  /** How finely the room for predictions is adapted: each size is a shape of its own. */
  private static final int ROOMS = 8;

  private BatchParts() {}

  /** How many parts come of a batch that is cut for so many. */
  public static int count(Batch batch, int parts) {
    return Math.min(batch.rows(), parts);
  }

  /** First row of a part; of the part behind the last one, the number of rows. */
  public static int firstRow(Batch batch, int parts, int part) {
    return Math.toIntExact((long) part * batch.rows() / count(batch, parts));
  }

  /**
   * The parts in order. All have room for as many predictions.
   *
   * @param parts 1 or more
   */
  public static List<Batch> of(Batch batch, int parts) {
    int count = count(batch, parts);
    if (count == 1) {
      return List.of(batch);
    }
    int room = predictions(batch, parts);
    List<Batch> cut = new ArrayList<>();
    for (int part = 0; part < count; part++) {
      cut.add(rows(batch, firstRow(batch, parts, part), firstRow(batch, parts, part + 1), room));
    }
    return cut;
  }

  /**
   * Room for predictions in every part: what the fullest needs, in eighths of the batch's room so
   * that there are few shapes; 0 in a batch without predictions.
   */
  public static int predictions(Batch batch, int parts) {
    int count = count(batch, parts);
    if (batch.predictions() == 0 || count == 1) {
      return batch.predictions();
    }
    int most = 1;
    for (int part = 0; part < count; part++) {
      Batch rows =
          rows(
              batch,
              firstRow(batch, parts, part),
              firstRow(batch, parts, part + 1),
              batch.predictions());
      most = Math.max(most, PredictedTokens.of(rows).count());
    }
    int grain = Math.max(1, (batch.predictions() + ROOMS - 1) / ROOMS);
    return Math.min(batch.predictions(), (most + grain - 1) / grain * grain);
  }

  private static Batch rows(Batch batch, int from, int to, int predictions) {
    int length = batch.length();
    int width = batch.targets().length / batch.rows();
    return new Batch(
        to - from,
        length,
        Arrays.copyOfRange(batch.inputIds(), from * length, to * length),
        Arrays.copyOfRange(batch.tokenTypeIds(), from * length, to * length),
        Arrays.copyOfRange(batch.attentionMask(), from * length, to * length),
        Arrays.copyOfRange(batch.targets(), from * width, to * width),
        Arrays.copyOfRange(batch.rowWeights(), from, to),
        Arrays.copyOfRange(batch.indices(), from, to),
        predictions);
  }
}
