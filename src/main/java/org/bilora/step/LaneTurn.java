package org.bilora.step;

/**
 * What a training brings to a step besides its batches.
 *
 * @param rates of this step
 */
record LaneTurn(Lane lane, StepRates rates) {}
