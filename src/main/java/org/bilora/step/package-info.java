/**
 * A training step in a session: variables, placeholders of batches, the objectives of a network,
 * and one compiled step for every kind and shape of batches.
 *
 * <p><b>Where to start.</b> {@link org.bilora.step.FineTuning} holds the session in which
 * everything lives. {@code Network} is a pretrained model with its forward pass and loss (an
 * encoder with a head, a decoder as a language model), {@code Trainables} turns a method's
 * parameters into increments and penalties, {@code ForwardPass} computes logits from them, {@code
 * NetworkProblem} states the two objectives, {@code CompiledStep} is one step for one {@link
 * org.bilora.step.StepBatches.StepShape}.
 *
 * <p><b>Frozen lower layers.</b> Where nothing below some layer is trained, its input is the same
 * at every step. {@link org.bilora.step.FrozenPrefix} says how many layers that are, {@link
 * org.bilora.step.PrefixCache} computes their output once for each text and keeps it in files, and
 * a batch's feeds carry it to a forward pass that begins there.
 *
 * <p><b>Lanes.</b> {@link org.bilora.step.LanedFineTuning} takes the steps of several small
 * trainings at once, in one pass through the frozen backbone: {@code LaneRules} says which
 * trainings can be lanes, {@code LanedProblem} states the sum of their objectives, and the same
 * {@code CompiledStep} serves, its numbers being columns, {@code [lanes, 1]}. In {@link
 * org.bilora.step.Lanes} each training has a thread and a {@code FineTuning} of its own, and {@code
 * LaneSchedule} says which of those that wait for a step share one.
 *
 * <p><b>How to add one.</b> A kind of model is a {@code Network} and its {@code BatchFeeds}; a kind
 * of step is a {@link org.bilora.bilevel.StepKind}, and the compiler names the places that have to
 * answer it.
 *
 * <p>Uses {@code method}, {@code model}, {@code data} and the rooms above them.
 */
package org.bilora.step;
