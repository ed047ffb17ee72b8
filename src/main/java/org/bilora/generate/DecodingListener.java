package org.bilora.generate;

/** Follows the generation of texts. */
@FunctionalInterface
public interface DecodingListener {

  /**
   * A text is finished.
   *
   * @param finished how many are
   * @param all how many there will be
   */
  void finished(int finished, int all);
}
