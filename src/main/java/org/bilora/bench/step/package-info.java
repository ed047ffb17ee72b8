/**
 * How long a training step takes, and which share of the machine's matrix products that is.
 *
 * <p>Start with {@link org.bilora.bench.step.StepBenchmark}: it takes the very steps that training
 * takes, of an encoder or a language model, on made-up batches without padding, in turn with rounds
 * of {@link org.bilora.bench.step.GemmPeak}, the yardstick. {@link
 * org.bilora.bench.step.StepOperations} counts what a step computes, {@link
 * org.bilora.bench.step.StepMeasurement} is a result and {@link org.bilora.bench.step.GrowthPlot}
 * draws several. To time another method, list it in {@code method.Methods}; a new kind of step
 * needs its passes in {@code StepOperations}.
 */
package org.bilora.bench.step;
