package org.bilora.bilevel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Map;
import org.bilora.settings.Knobs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class HypergradientsTest {
  static List<Hypergradient> usual() {
    return Hypergradients.usual();
  }

  @ParameterizedTest
  @MethodSource("usual")
  void theUsualEstimatorIsWrittenAsItsNameAndEveryKnobIsDescribed(Hypergradient usual) {
    assertEquals(usual.id(), Hypergradients.write(usual));
    assertEquals(usual, Hypergradients.parse(usual.id()));
    RecordComponent[] components = usual.getClass().getRecordComponents();
    assertEquals(components.length, Hypergradients.settings(usual).size());
    Hypergradients.settings(usual)
        .forEach(
            (name, value) ->
                assertEquals(usual, Hypergradients.with(usual, Map.of(name, value)), name));
    Knobs.all(usual.getClass().asSubclass(Record.class))
        .forEach((option, knob) -> assertTrue(knob.help().length() > 10, option));
  }

  @Test
  void namesAreDistinct() {
    assertEquals(Hypergradients.ids().size(), Hypergradients.ids().stream().distinct().count());
  }

  @Test
  void aWordWithKnobsMeansTheEstimatorWithThoseKnobs() {
    assertEquals(new Exact(Unroll.STEADY), Hypergradients.parse("exact:unroll=steady"));
    assertEquals(
        new Neumann(12, Unroll.STEADY), Hypergradients.parse("Neumann:terms=12:unroll=Steady"));
    assertEquals(new Soba(0.5, 0), Hypergradients.parse("soba:damping=0:solver-rate=0.5"));
    assertEquals(
        "neumann:terms=12:unroll=steady", Hypergradients.write(new Neumann(12, Unroll.STEADY)));
    assertEquals("penalty:multiplier=3", Hypergradients.write(new Penalty(3)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "exakt | hypergradient is 'exakt'; known are exact, darts",
        "exact:terms=3 | hypergradient exact has no knob 'terms'; it has unroll",
        "first-order:epsilon=1 | hypergradient first-order has no knob 'epsilon'; it has none",
        "exact:unroll=lion | unroll is 'lion'; known are sgd, adamw, steady",
        "neumann:terms=many | --terms is 'many'; it must be a whole number",
        "neumann:terms=101 | terms is 101; it must be from 0 to 100",
        "soba:solver-rate=0 | solverRate is 0.0; it must be above 0",
        "penalty:multiplier=-1 | multiplier is -1.0; it must be above 0",
        "darts:0.1 | hypergradient is 'darts:0.1'; '0.1' must be a knob, =, and its value",
      })
  void whatIsNotKnownIsRefusedByName(String word, String message) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> Hypergradients.parse(word));
    assertTrue(refused.getMessage().startsWith(message), refused.getMessage());
  }
}
