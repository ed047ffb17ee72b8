package org.bilora.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bilora.export.ServedModel;
import org.bilora.export.TinyExports;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An export of several adapters behind the server, with the tokenizer in the graph and without. */
class AdaptersServedTest {
  private static final String MODEL = "/v1/models/both";

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(
      value = TinyExports.Texts.class,
      names = {"NONE", "PAIRS"})
  void rowsOfOneRequestAreAnsweredByTheAdaptersThatTheyName(TinyExports.Texts texts)
      throws IOException {
    Path base = folder.resolve("both");
    Path export = TinyExports.writeAdapters(base, texts);
    try (ServedModel model = ServedModel.open(export);
        ModelServer server = ModelServer.start(ModelServerTest.settings(base, 0))) {
      Client client = new Client(server.uri());
      JsonNode predictions =
          client
              .post(
                  MODEL + ":predict",
                  """
                  {"signature_name": "serving_text", "instances": [
                    {"text": "w1 w2", "text_pair": "w3", "adapter": "rules"},
                    {"text": "w1 w2", "text_pair": "", "adapter": "mood"}]}""")
              .json()
              .get("predictions");
      ServedModel.Answer rules =
          model.classify(List.of(new ServedModel.Text("w1 w2", Optional.of("w3"))), "rules").get(0);
      ServedModel.Answer mood =
          model.classify(List.of(ServedModel.Text.of("w1 w2")), "mood").get(0);
      assertAnswer(rules, predictions.get(0));
      assertAnswer(mood, predictions.get(1));

      JsonNode classes =
          client
              .post(
                  MODEL + ":classify",
                  """
                  {"examples": [{"text": "w1 w2", "text_pair": "", "adapter": "mood"}]}""")
              .json()
              .get("results")
              .get(0);
      assertEquals(2, classes.size());
      assertEquals("bilora 0", classes.get(0).get(0).textValue());

      Client.Answer unknown =
          client.post(
              MODEL + ":predict",
              """
              {"signature_name": "serving_text", "instances": [
                {"text": "w1", "text_pair": "", "adapter": "moods"}]}""");
      assertEquals(400, unknown.status());
      assertTrue(unknown.error().contains("moods"), unknown.error());
      Client.Answer unread =
          client.post(
              MODEL + ":predict",
              """
              {"signature_name": "serving_text", "instances": [
                {"text": "w1", "text_pair": "w2", "adapter": "mood"}]}""");
      assertEquals(400, unread.status());

      JsonNode ids =
          client
              .post(
                  MODEL + ":predict",
                  """
                  {"instances": [{"input_ids": [2, 6, 7, 3], "attention_mask": [1, 1, 1, 1],
                    "token_type_ids": [0, 0, 0, 0], "adapter": "mood"}]}""")
              .json()
              .get("predictions");
      assertEquals(mood.label().orElseThrow(), ids.get(0).get("label").textValue());

      String page = client.get("/").response().body();
      assertTrue(page.contains("\"adapters\":[{\"name\":\"rules\",\"pairs\":true"), page);
    }
  }

  private static void assertAnswer(ServedModel.Answer expected, JsonNode prediction) {
    assertEquals(expected.label().orElseThrow(), prediction.get("label").textValue());
    double largest = 0;
    for (JsonNode probability : prediction.get("probabilities")) {
      largest = Math.max(largest, probability.doubleValue());
    }
    assertEquals(3, prediction.get("probabilities").size());
    assertEquals(expected.value(), largest, 1e-5);
  }

  @Test
  void rowsOfOtherLengthsAndAdaptersShareARun() throws IOException {
    Path base = folder.resolve("both");
    TinyExports.writeAdapters(base, TinyExports.Texts.PAIRS);
    try (ServedExport export = ServedExport.open(base, Optional.empty())) {
      GraphSignature signature = export.signature("serving_default").graph();
      assertEquals(
          java.util.Set.of("input_ids", "attention_mask", "token_type_ids"),
          signature.padding().keySet());
    }
  }
}
