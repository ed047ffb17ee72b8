/**
 * Metrics and evaluators. Uses {@code data} and {@code model}.
 *
 * <p>{@link org.bilora.eval.Metrics} are pure functions of expected and predicted values; {@link
 * org.bilora.eval.Evaluation} runs any model, given as a function from a batch to its logits, over
 * labelled examples, with {@link org.bilora.eval.Calibration} of its probabilities; {@link
 * org.bilora.eval.LanguageModelEvaluation} does so with a language model's loss.
 *
 * <p>What a task's logits mean (activation, loss, predictions, which metrics) is its {@link
 * org.bilora.eval.TaskOutputs}, one file per type of task; {@link org.bilora.eval.ClassReport} and
 * {@link org.bilora.eval.ConfusionMatrix} say more of classes, labels and entities.
 *
 * <p>Metrics of generated texts have a package of their own: {@link org.bilora.eval.generation}.
 *
 * <p>To add a metric, add its name to {@link org.bilora.data.MetricName}, its equation to {@link
 * org.bilora.eval.Metrics#compute}, and what a reference implementation says about it to the test's
 * {@code metrics.py}, degenerate inputs included.
 */
package org.bilora.eval;
