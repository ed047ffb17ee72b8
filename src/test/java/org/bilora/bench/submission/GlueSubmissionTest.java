package org.bilora.bench.submission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bilora.eval.Prediction;
import org.junit.jupiter.api.Test;

class GlueSubmissionTest {
  private static Prediction score(double value) {
    return new Prediction.OfScores(Map.of("score", value));
  }

  @Test
  void classesAreWrittenByNameAndCountedFromZero() {
    Prediction entailment = new Prediction.OfClass("entailment", 0.7, Map.of());
    Prediction not = new Prediction.OfClass("not_entailment", 0.6, Map.of());
    assertEquals(
        "index\tprediction\n0\tnot_entailment\n1\tentailment\n",
        GlueSubmission.lines(List.of(not, entailment)));
  }

  @Test
  void scoresStayBetweenZeroAndFive() {
    assertEquals(
        "index\tprediction\n0\t0.000\n1\t3.142\n2\t5.000\n",
        GlueSubmission.lines(List.of(score(-0.3), score(Math.PI), score(5.2))));
  }

  @Test
  void theElevenFilesAreThoseOfTheServer() {
    assertEquals(
        List.of(
            "CoLA.tsv",
            "SST-2.tsv",
            "MRPC.tsv",
            "STS-B.tsv",
            "MNLI-m.tsv",
            "MNLI-mm.tsv",
            "QNLI.tsv",
            "QQP.tsv",
            "RTE.tsv",
            "WNLI.tsv",
            "AX.tsv"),
        new GlueSubmission().missing());
    assertEquals(2, ServerFile.of("mnli").size());
    assertTrue(Arrays.stream(ServerFile.values()).allMatch(file -> file.lines() > 0));
  }
}
