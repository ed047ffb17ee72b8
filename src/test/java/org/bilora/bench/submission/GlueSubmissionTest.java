package org.bilora.bench.submission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bilora.train.Prediction;
import org.junit.jupiter.api.Test;

class GlueSubmissionTest {
  private static Prediction score(double value) {
    return new Prediction(Optional.empty(), value, ImmutableList.of());
  }

  @Test
  void classesAreWrittenByNameAndCountedFromZero() {
    Prediction entailment =
        new Prediction(Optional.of("entailment"), 0.7, ImmutableList.of(0.7, 0.3));
    Prediction not = new Prediction(Optional.of("not_entailment"), 0.6, ImmutableList.of(0.4, 0.6));
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
