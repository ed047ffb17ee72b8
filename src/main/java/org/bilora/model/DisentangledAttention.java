package org.bilora.model;

import java.util.List;
import java.util.Optional;
import org.bilora.graph.BatchProduct;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * DeBERTa's attention (He et al. 2021, equation 4). With δ(i, j) the row of the table of distances
 * for i − j, and n the number of parts a score has:
 *
 * <pre>
 * score(i, j) = (Qᵢ·Kⱼ + Qᵢ·K^δ(i,j) + Kⱼ·Q^δ(i,j)) / √(n d)
 *               content   c2p          p2c
 * </pre>
 *
 * where K^δ and Q^δ are the table through the layers of key and query, or through layers of their
 * own. Distances depend on j − i alone: products with one row per distance, from −length to length,
 * are rearranged to one per pair of tokens ({@link RelativeScores}).
 *
 * @param kind which parts there are
 * @param names of the layer's parts
 * @param positionKey name of the layer for K^δ where it is not shared
 * @param positionQuery name of the layer for Q^δ where it is not shared
 */
record DisentangledAttention<T extends TFloating>(
    EncoderPass<T> pass,
    DebertaV2 kind,
    LayerNames names,
    String positionKey,
    String positionQuery) {

  /**
   * The mixed values of all heads.
   *
   * @param x {@code [tokens, hidden]}
   * @param table of distances, {@code [2 span, hidden]}
   * @param bias broadcast to {@code [rows, heads, length, length]}
   * @return {@code [tokens, hidden]}
   */
  Operand<T> of(Operand<T> x, Optional<Operand<T>> table, Operand<TFloat32> bias) {
    Ops tf = pass.tf();
    EncoderConfig config = pass.config();
    Operand<T> joint = pass.dense(x, Layers.Scale.ONE, names.query(), names.key(), names.value());
    List<Operand<T>> parts =
        Layers.queryKeyValue(
            tf, joint, pass.inputs().inputIds(), config.heads(), config.headSize());
    Operand<T> query = scaled(parts.get(0));
    Operand<T> key = parts.get(1);
    Operand<TFloat32> scores = Layers.scores(tf, query, key);
    if (table.isPresent()) {
      DebertaV2.Distances distances = kind.distances().orElseThrow();
      Operand<T> rows = pass.sharedDropout(table.get());
      if (kind.contentToPosition()) {
        String layer = distances.shared() ? names.key() : positionKey;
        Operand<T> toPosition =
            byKey(query, byHead(pass.dense(distanceRows(rows, true), Layers.Scale.ONE, layer)));
        scores = tf.math.add(scores, tf.dtypes.cast(toPosition, TFloat32.class));
      }
      if (kind.positionToContent()) {
        String layer = distances.shared() ? names.query() : positionQuery;
        Operand<T> fromPosition =
            byKey(
                key,
                scaled(byHead(pass.dense(distanceRows(rows, false), Layers.Scale.ONE, layer))));
        Operand<T> turned = tf.linalg.transpose(fromPosition, tf.constant(new int[] {0, 1, 3, 2}));
        scores = tf.math.add(scores, tf.dtypes.cast(turned, TFloat32.class));
      }
    }
    Operand<T> mixed =
        Layers.mixed(
            tf,
            tf.math.add(scores, bias),
            parts.get(2),
            pass.dropout(),
            config.attentionDropoutProbability());
    return Layers.joinedHeads(tf, mixed, config.hiddenSize());
  }

  /** x / √(n d). */
  private Operand<T> scaled(Operand<T> x) {
    int parts = 1 + (kind.contentToPosition() ? 1 : 0) + (kind.positionToContent() ? 1 : 0);
    return Layers.scaled(pass.tf(), x, parts * pass.config().headSize());
  }

  /**
   * A row of the table for each distance that can occur.
   *
   * @param fromQuery whether row c is for a key c − length behind the query, else for a query c −
   *     length behind the key
   * @return {@code [2 · length, hidden]}
   */
  private Operand<T> distanceRows(Operand<T> table, boolean fromQuery) {
    DebertaV2.Distances distances = kind.distances().orElseThrow();
    int longest = pass.config().maxTokens();
    int[] rows = new int[2 * longest];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = row(distances, fromQuery ? longest - i : i - longest);
    }
    Ops tf = pass.tf();
    Operand<TInt32> read = pass.inputs().aroundZero(tf, rows);
    return tf.gather(table, read, tf.constant(0));
  }

  /**
   * The row of the table for a distance: small distances have their own, those beyond half the
   * buckets share by logarithm. In float32, as the pretraining computed it.
   *
   * @param distance query − key
   */
  static int row(DebertaV2.Distances distances, int distance) {
    int span = distances.span();
    int row = distance;
    int middle = distances.buckets() / 2;
    if (distances.buckets() > 0 && Math.abs(distance) > middle) {
      float share =
          (float) Math.log((float) Math.abs(distance) / middle)
              / (float) Math.log((float) ((distances.farthest() - 1) / (double) middle));
      row = (int) (Math.ceil(share * (middle - 1)) + middle) * Integer.signum(distance);
    }
    return Math.min(Math.max(row + span, 0), 2 * span - 1);
  }

  /** {@code [2 · length, hidden]} to {@code [heads, 2 · length, head size]}. */
  private Operand<T> byHead(Operand<T> positions) {
    Ops tf = pass.tf();
    EncoderConfig config = pass.config();
    Operand<T> split =
        tf.reshape(positions, tf.constant(new int[] {-1, config.heads(), config.headSize()}));
    return tf.linalg.transpose(split, tf.constant(new int[] {1, 0, 2}));
  }

  /**
   * Products of tokens with distances, by pair of tokens.
   *
   * @param tokens {@code [rows, heads, length, head size]}
   * @param positions {@code [heads, 2 · length, head size]}
   * @return {@code [rows, heads, length, length]}
   */
  private Operand<T> byKey(Operand<T> tokens, Operand<T> positions) {
    Ops tf = pass.tf();
    EncoderConfig config = pass.config();
    Operand<TInt32> shape =
        pass.inputs()
            .rowsAndSizes(
                tf, new int[] {config.heads()}, new int[] {0, 2}, new int[] {config.headSize()});
    Operand<T> everywhere = tf.broadcastTo(positions, shape);
    return RelativeScores.byKey(
        tf, pass.inputs(), BatchProduct.of(tf, tokens, everywhere, false, true), config.heads());
  }
}
