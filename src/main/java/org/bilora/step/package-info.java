/**
 * A training step in a session: variables, placeholders of batches, the objectives of a network,
 * and one compiled function per batch shape.
 *
 * <p><b>Where to start.</b> {@link org.bilora.step.FineTuning} holds the session; {@code Network}
 * is a pretrained model with its forward pass and loss, {@code NetworkProblem} states the two
 * objectives, {@code CompiledStep} is one iteration for one batch shape.
 *
 * <p>Uses {@code method}, {@code model}, {@code data} and the rooms above them.
 */
package org.bilora.step;
