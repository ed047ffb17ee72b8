package org.bilora.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.ProblemSession;
import org.bilora.data.Batch;
import org.bilora.data.BatchSize;
import org.bilora.data.Dataset;
import org.bilora.data.EncodedExample;
import org.bilora.data.EvaluationBatches;
import org.bilora.eval.LanguageModelEvaluation;
import org.bilora.method.FullFineTuning;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.TinyDecoders;
import org.junit.jupiter.api.Test;

/** The loss against loops over texts, tokens and classes. */
class LanguageModelLossTest {
  private static final PretrainedDecoder MODEL = TinyDecoders.model(0, 3);
  private static final List<EncodedExample> DEV =
      TinySequences.DATA.cut(Dataset.DEV, 18).examples();

  private static FineTuning open() {
    return FineTuning.open(
        MODEL, List.of(), TinySequences.settings(FullFineTuning.USUAL, 1, 18).step());
  }

  /**
   * −log p of every token that counts, each text alone and unpadded, one row of logits per position
   * that is asked for.
   *
   * @return sum of the losses and their number
   */
  private static double[] byHand(FineTuning model, List<EncodedExample> texts, double smoothing) {
    double sum = 0;
    int count = 0;
    for (EncodedExample text : texts) {
      int[] ids = text.encoding().inputIds();
      int next = 0;
      float[][] logits =
          model.logits(EvaluationBatches.ofSequences(List.of(text), BatchSize.rows(1)).get(0));
      for (int token = 1; token < ids.length; token++) {
        if (text.encoding().tokenTypeIds()[token] == 1) {
          sum += loss(logits[next++], ids[token], smoothing);
          count++;
        }
      }
      assertEquals(logits.length, next);
    }
    return new double[] {sum, count};
  }

  private static double loss(float[] logits, int target, double smoothing) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit);
    }
    double loss = 0;
    for (int k = 0; k < logits.length; k++) {
      double q = smoothing / logits.length + (k == target ? 1 - smoothing : 0);
      loss -= q * (logits[k] - Math.log(sum));
    }
    return loss;
  }

  @Test
  void theEvaluationIsTheMeanOverTheTokensThatCount() {
    try (FineTuning model = open()) {
      double[] slow = byHand(model, DEV, 0);
      LanguageModelEvaluation fast =
          LanguageModelEvaluation.of(DEV, BatchSize.tokens(64), model::loss);
      assertEquals(slow[1], fast.tokens());
      assertEquals(slow[0] / slow[1], fast.loss(), 1e-5);
      assertEquals(Math.exp(fast.loss()), fast.perplexity(), 1e-12);
    }
  }

  @Test
  void theTrainingLossSmoothsLabels() {
    for (double smoothing : new double[] {0, 0.1}) {
      TinyLanguageProblem tiny =
          new TinyLanguageProblem(MODEL, Lambda.SOFTMAX, List.of("query"), smoothing, null);
      try (ProblemSession session = tiny.open();
          FineTuning model = open()) {
        Batch batch = tiny.lower(0);
        ProblemSession.At start =
            new ProblemSession.At(
                session.problem().lowerGroup().initial(),
                session.problem().upperGroup().initial(),
                0);
        double[] slow = byHand(model, tiny.examples(batch), smoothing);
        assertEquals(slow[0] / slow[1], session.lowerTaskLoss(start), 1e-5);
        assertNotEquals(0, session.lowerTaskLoss(start));
      }
    }
  }
}
