package org.bilora.method;

import java.util.Optional;
import org.bilora.settings.Knob;
import org.bilora.settings.Range;

/**
 * Plain LoRA, ΔW = (α/r) · B A, trained on the whole training set (Hu et al. 2021).
 *
 * @param dropout probability of dropping an input of the adapter while training
 */
public record Lora(
    @Knob(option = "--adapter-dropout", help = "Probability of dropping an input of an increment")
        double dropout)
    implements Method {
  /** What {@code --adapter-dropout} means. */
  static final String DROPOUT_HELP = "Probability of dropping an input of an increment";

  /** Its name. */
  public static final String NAME = "lora";

  /** Without dropout of its own: the model's is on. */
  public static final Lora USUAL = new Lora(0);

  /** Checks the range. */
  public Lora {
    Range.atLeastZeroBelowOne("dropout", dropout);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String summary() {
    return "increments B A";
  }

  @Override
  public Optional<AdapterForm> adapterForm(AdapterSettings settings) {
    return Optional.of(new ProductForm(settings.rank(), settings.alpha() / settings.rank()));
  }

  @Override
  public double inputDropoutProbability() {
    return dropout;
  }
}
