package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchStepCommandTest {
  private static final Path MODEL = Path.of("src/test/resources/transformers/bert");

  private static final Set<String> SETTINGS =
      Set.of(
          "model",
          "rank",
          "precision",
          "jit",
          "xla",
          "steps",
          "seed",
          "threads",
          "cpu",
          "java",
          "tensorflow",
          "commit");

  private static final Set<String> MEASURED =
      Set.of(
          "method",
          "batch",
          "seq",
          "ms_per_step",
          "ms_min",
          "tokens_per_second",
          "gflop_per_step",
          "gemm_peak_gflops",
          "share_of_gemm_peak",
          "share_of_gemm_peak_at_min",
          "first_step_seconds",
          "peak_rss_mb");

  @TempDir private Path folder;

  private static Call step(Object... more) {
    return Call.of(
        Stream.concat(
                Stream.of("bench", "step", "--model", MODEL, "--rank", "2", "--jit", "off"),
                Arrays.stream(more))
            .toArray());
  }

  private static JsonNode json(Call call) throws IOException {
    assertEquals(0, call.exitCode(), call.err());
    return new ObjectMapper().readTree(call.out());
  }

  private static Set<String> keys(JsonNode node) {
    return ImmutableSet.copyOf(node.fieldNames());
  }

  @Test
  void oneCombinationIsOneFlatObject() throws IOException {
    JsonNode result =
        json(
            step(
                "--method",
                "bilora",
                "--batch",
                "2",
                "--seq",
                "4",
                "--steps",
                "3",
                "--hypergradient",
                "first-order",
                "--json"));
    assertEquals(Sets.union(Sets.union(SETTINGS, MEASURED), Set.of("hypergradient")), keys(result));
    assertEquals("first-order", result.path("hypergradient").asText());
    assertEquals(2, result.path("batch").asInt());
    assertEquals(4, result.path("seq").asInt());
    assertTrue(result.path("ms_min").asDouble() > 0);
    assertTrue(result.path("ms_min").asDouble() <= result.path("ms_per_step").asDouble());
    assertTrue(result.path("gemm_peak_gflops").asDouble() > 0);
    assertTrue(result.path("peak_rss_mb").asDouble() > 100);
  }

  @Test
  void severalCombinationsAreRowsAndAPlot() throws IOException {
    Path plot = folder.resolve("growth.svg");
    Call call =
        step(
            "--method",
            "lora",
            "--batch",
            "2",
            "--seq",
            "4,8",
            "--steps",
            "2",
            "--hypergradient",
            "first-order",
            "--plot",
            plot,
            "--json");
    JsonNode result = json(call);
    assertEquals(Sets.union(SETTINGS, Set.of("results")), keys(result));
    assertEquals(2, result.path("results").size());
    assertEquals(MEASURED, keys(result.path("results").get(0)));
    assertEquals(8, result.path("results").get(1).path("seq").asInt());
    assertTrue(Files.size(plot) > 0);
    assertTrue(call.err().contains("plot written to"), call.err());
  }

  @Test
  void wrongValuesAreOneLineEach() {
    assertFails("method is 'sgd'; known are full, head, lora", step("--method", "sgd"));
    assertFails("seq is 4000", step("--seq", "8,4000"));
    assertFails("batch is 0", step("--seq", "4", "--batch", "0"));
    assertFails("steps is 0", step("--steps", "0"));
    assertFails("its name must end in .svg or .png", step("--plot", folder.resolve("a.pdf")));
    assertFails("there is no folder", step("--plot", folder.resolve("no/a.svg")));
    assertFails("hypergradient is 'exactly'", step("--hypergradient", "exactly"));
  }

  private static void assertFails(String part, Call call) {
    assertEquals(1, call.exitCode(), call.err());
    assertTrue(call.error().contains(part), call.err());
    assertEquals(1, call.errorLines(), call.err());
    assertFalse(call.hasStackTrace());
    assertEquals("", call.out());
  }

  @Test
  void benchAloneAsksForACommand() {
    Call call = Call.of("bench");
    assertEquals(2, call.exitCode());
    assertTrue(call.error().contains("a command of bench is missing"), call.err());
  }
}
