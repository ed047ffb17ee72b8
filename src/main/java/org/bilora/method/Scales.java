package org.bilora.method;

import org.bilora.adapter.Lambda;

/** What α and γ₁ of increments P Λ Q are multiplied by. */
public enum Scales {
  /**
   * As the paper writes them: s = α/r whatever λ starts at, and R₁ summed over all pseudo singular
   * vectors, so that both depend on the parameterisation, the rank and the number of layers.
   */
  PAPER {
    @Override
    double increment(AdapterSettings settings, Lambda lambda) {
      return settings.alpha() / settings.rank();
    }

    @Override
    double orthogonality(int vectors) {
      return 1;
    }
  },

  /**
   * The same whatever the model: s = α/r · 1/(√3 λ₀) with λ₀ what λ starts at, so that ΔW has the
   * slope of LoRA's at the start (a row of LoRA's A has the norm 1/√3 on average, one of Q has 1);
   * and R₁ per pseudo singular vector, which is ½ at the start.
   */
  PER_VECTOR {
    @Override
    double increment(AdapterSettings settings, Lambda lambda) {
      float start = lambda.values(lambda.initial(settings.rank()))[0];
      return PAPER.increment(settings, lambda) / (Math.sqrt(3) * start);
    }

    @Override
    double orthogonality(int vectors) {
      return 1.0 / vectors;
    }
  };

  /** s. */
  abstract double increment(AdapterSettings settings, Lambda lambda);

  /**
   * The factor of R₁.
   *
   * @param vectors pseudo singular vectors of all matrices P and Q
   */
  abstract double orthogonality(int vectors);
}
