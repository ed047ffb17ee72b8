package org.bilora.method;

import java.util.Optional;
import org.bilora.bilevel.Level;
import org.bilora.settings.Knob;
import org.bilora.settings.Range;

/**
 * DoRA (Liu et al. 2024, arXiv 2402.09353): LoRA's increments turn the weights' rows, a magnitude
 * for every output sets their length; all of it trained on the whole training set.
 *
 * @param dropout probability of dropping an input of ΔW while training
 */
public record Dora(@Knob(option = "--adapter-dropout", help = Lora.DROPOUT_HELP) double dropout)
    implements Method {
  /** Its name. */
  public static final String NAME = "dora";

  /** Without dropout of its own: the model's is on. */
  public static final Dora USUAL = new Dora(0);

  /** Checks the range. */
  public Dora {
    Range.atLeastZeroBelowOne("dropout", dropout);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String summary() {
    return "lora's increments and a magnitude for every output";
  }

  @Override
  public Optional<AdapterForm> adapterForm(AdapterSettings settings) {
    return Lora.USUAL
        .adapterForm(settings)
        .map(direction -> new MagnitudeForm(direction, Level.LOWER));
  }

  @Override
  public double inputDropoutProbability() {
    return dropout;
  }
}
