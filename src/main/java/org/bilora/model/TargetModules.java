package org.bilora.model;

import com.google.common.collect.ImmutableList;
import java.util.List;

/** Finds the dense layers that a user means. */
public final class TargetModules {
  private TargetModules() {}

  /**
   * Names of the dense layers that match, in the order of the forward pass.
   *
   * @param targets each a layer's last name or names ({@code query}, {@code output.dense}), or a
   *     pattern with {@code *} over the whole name ({@code encoder.layer.*.attention.self.key})
   * @throws IllegalArgumentException when a target matches nothing; the message lists what there is
   */
  public static ImmutableList<String> match(EncoderConfig config, List<String> targets) {
    throw new UnsupportedOperationException();
  }
}
