/**
 * The two-level problem and its hypergradients: knows nothing of text or Transformers.
 *
 * <pre>
 * min over E of L₂(V*(E), E)   with   V*(E) = argmin over V of L₁(V, E)
 * </pre>
 *
 * <p>Start with {@code BilevelProblem}, the two losses as functions of V and E, and with {@code
 * BilevelIteration}, T₁ lower and T₂ upper steps on it. How dL₂/dE is estimated is a {@code
 * Hypergradient}: a record in a file of its own with its equation, its knobs and its cost ({@code
 * Exact}, {@code Neumann}, {@code Soba}, {@code Penalty}, {@code Darts}, {@code Betty}, {@code
 * FirstOrder}), listed in {@code Hypergradients}. To add one: that file and that line.
 *
 * <p>A {@code LowerStep} is what an estimator looks at: the point (V, E), AdamW's state there, and
 * the passes over either loss, each formed once ({@code LowerPass}, {@code UpperPass}). {@code
 * Unroll} says how a gradient moves V. An estimator that has state declares {@code StateSlot}s.
 *
 * <p>What the upper level sets need not be part of a network: {@code UpperVariables} are weights of
 * training examples ({@code ExampleWeights}, {@code LossWeights}) and ridge penalties ({@code
 * WeightDecays}). {@code BilevelTraining} trains a problem of one's own; two worked ones are among
 * the tests: {@code RidgePenaltyTest} learns a penalty whose best value is known in closed form,
 * {@code FlippedLabelsTest} finds the wrong labels of a data set by a few clean examples.
 *
 * <p>{@code JointStep} and {@code SingleLevelStep} are the controls: both groups on one loss, and
 * one group alone. Uses {@code graph}, {@code autodiff} and {@code optim}.
 */
package org.bilora.bilevel;
