package org.bilora.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.Study;
import org.junit.jupiter.api.Test;

class AnswersTest {

  private static String answers(Study study, Map<Cell, CellResult> results) {
    return Answers.of(
        new StudyResults(
            study, ImmutableList.copyOf(Cell.of(study)), ImmutableMap.copyOf(results)));
  }

  @Test
  void eachTaskHasALineWithDifferencesAndTheirIntervals() {
    Study study = SyntheticResults.study(3, "lora", "bilora");
    String text = answers(study, SyntheticResults.results(Cell.of(study)));
    assertTrue(
        text.contains(
            "- **rte:** bilora against lora on 3 seeds: accuracy +2.0 (95 % +2.0 to +2.0) at the"
                + " chosen epoch and +2.0 (95 % +2.0 to +2.0) at the last; held-out loss at the last"
                + " epoch +0.00 (95 % +0.00 to +0.00)."),
        text);
    assertTrue(text.contains("- **stsb:** bilora against lora on 3 seeds: pearson"), text);
    assertTrue(text.contains("bilora is ahead of lora."), text);
  }

  @Test
  void aDifferenceThatMayBeChanceIsNoAdvantage() {
    Study study = SyntheticResults.study(3, "lora", "bilora");
    Map<Cell, CellResult> results = new HashMap<>();
    for (Cell cell : Cell.of(study)) {
      // bilora is ahead by 2 points, and by 2, 10 and −8 more.
      long shift =
          cell.method().equals("bilora") ? List.of(0L, 8L, -10L).get((int) cell.seed() - 1) : 0;
      results.put(
          cell, CellResult.of(cell, SyntheticResults.run(cell, Math.max(1, cell.seed() + shift))));
    }
    String text = answers(study, results);
    assertTrue(text.contains("No difference at the last epoch is shown"), text);
  }

  @Test
  void aThirdMethodThatIsFurtherAheadIsNamed() {
    Study study = SyntheticResults.study(3, "lora", "joint", "bilora");
    Map<Cell, CellResult> results = new HashMap<>();
    for (Cell cell : Cell.of(study)) {
      long shift = cell.method().equals("joint") ? 9 : 0;
      results.put(cell, CellResult.of(cell, SyntheticResults.run(cell, cell.seed() + shift)));
    }
    String text = answers(study, results);
    assertTrue(text.contains("Furthest ahead of lora is joint: +9.0 (95 % +9.0 to +9.0)."), text);
  }

  @Test
  void aGenerationTaskHasALineOfItsTextMeasures() {
    Study study = SyntheticResults.ofTexts(3, "lora", "bilora");
    String text = answers(study, SyntheticResults.resultsOfTexts(Cell.of(study)));
    assertTrue(
        text.contains("- **e2e:** bilora against lora on 3 seeds, above 0 where it is ahead: BLEU"),
        text);
    assertTrue(text.contains("bilora is ahead of lora."), text);
  }

  @Test
  void oneMethodAloneHasNothingToAnswer() {
    Study study = SyntheticResults.study(2, "bilora");
    assertEquals("", answers(study, SyntheticResults.results(Cell.of(study))));
  }
}
