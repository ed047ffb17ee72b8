package org.bilora.train;

import java.io.IOException;
import org.bilora.model.PretrainedModel;

/**
 * Finds the pretrained model that a run names; {@code PretrainedEncoders::load} or {@code
 * PretrainedDecoders::load} unless told.
 *
 * @param <M> kind of model
 */
@FunctionalInterface
public interface ModelSource<M extends PretrainedModel> {

  /**
   * Loads it.
   *
   * @param name preset or directory
   * @throws IOException when it cannot be found or read
   */
  M load(String name) throws IOException;
}
