package org.bilora.cli.option;

import java.util.Iterator;
import org.bilora.model.PretrainedEncoders;

/** Names of the presets, for help texts and completion. */
public final class ModelNames implements Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    return PretrainedEncoders.presets().iterator();
  }
}
