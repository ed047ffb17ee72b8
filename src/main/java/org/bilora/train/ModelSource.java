package org.bilora.train;

import java.io.IOException;
import org.bilora.model.PretrainedEncoder;

/** Finds the pretrained model that a run names; {@code PretrainedEncoders::load} unless told. */
@FunctionalInterface
public interface ModelSource {

  /**
   * Loads it.
   *
   * @param name preset or directory
   * @throws IOException when it cannot be found or read
   */
  PretrainedEncoder load(String name) throws IOException;
}
