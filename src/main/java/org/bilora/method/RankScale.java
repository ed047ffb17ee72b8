package org.bilora.method;

/** What α is divided by in LoRA's ΔW = s B A. */
public enum RankScale {
  /** s = α / r (Hu et al. 2021). */
  RANK {
    @Override
    double of(AdapterSettings settings) {
      return settings.alpha() / settings.rank();
    }
  },

  /** s = α / √r, at which high ranks learn as fast as low ones (rsLoRA, Kalajdzievski 2023). */
  RANK_ROOT {
    @Override
    double of(AdapterSettings settings) {
      return settings.alpha() / Math.sqrt(settings.rank());
    }
  };

  /** s. */
  abstract double of(AdapterSettings settings);
}
