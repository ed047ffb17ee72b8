package org.bilora.generate;

/** Follows the generation of texts. */
@FunctionalInterface
public interface DecodingListener {

  /**
   * A batch of texts is finished.
   *
   * @param finished how many texts are
   * @param all how many there will be
   */
  void finished(int finished, int all);
}
