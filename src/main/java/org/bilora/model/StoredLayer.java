package org.bilora.model;

/**
 * Where a decoder's linear layer stands: most are matrices of their own, query, key and value are
 * columns of one.
 *
 * @param matrix name of the stored matrix, {@code [in, columns]}
 * @param fused whether the layer is only some of its columns
 * @param first its first column
 */
record StoredLayer(String matrix, boolean fused, int first) {

  /**
   * The place of a layer.
   *
   * @param hidden width of a part of a fused matrix
   */
  static StoredLayer of(String layer, int hidden) {
    int dot = layer.lastIndexOf('.');
    int part = Decoder.FUSED.indexOf(layer.substring(dot + 1));
    return part < 0
        ? new StoredLayer(layer + ".weight", false, 0)
        : new StoredLayer(layer.substring(0, dot) + ".weight", true, part * hidden);
  }
}
