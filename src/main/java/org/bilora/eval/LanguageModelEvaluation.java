package org.bilora.eval;

import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.bilora.data.Batch;
import org.bilora.data.BatchSize;
import org.bilora.data.EncodedExample;
import org.bilora.data.EvaluationBatches;
import org.bilora.data.MetricName;

/**
 * How well a language model predicts a set of texts.
 *
 * @param loss mean cross-entropy of the tokens that count, in nats, each token of the set weighing
 *     the same
 * @param tokens how many count
 */
public record LanguageModelEvaluation(double loss, long tokens) {

  /**
   * Runs a model over a set.
   *
   * @param loss the model: mean cross-entropy of a batch's tokens
   * @throws IllegalArgumentException when there is no token to predict, or a batch cannot hold the
   *     longest text
   */
  public static LanguageModelEvaluation of(
      List<EncodedExample> examples, BatchSize size, ToDoubleFunction<Batch> loss) {
    double sum = 0;
    long tokens = 0;
    for (Batch batch : EvaluationBatches.ofSequences(examples, size)) {
      sum += loss.applyAsDouble(batch) * batch.predictions();
      tokens += batch.predictions();
    }
    if (tokens == 0) {
      throw new IllegalArgumentException("there is no token to evaluate on");
    }
    return new LanguageModelEvaluation(sum / tokens, tokens);
  }

  /** e to the loss. */
  public double perplexity() {
    return Math.exp(loss);
  }

  /** Perplexity by its name. */
  public Map<MetricName, Double> metrics() {
    return ImmutableMap.of(MetricName.PERPLEXITY, perplexity());
  }
}
