package org.bilora.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.bilora.export.TextReadings.Reading;
import org.bilora.model.EncoderConfig;
import org.bilora.text.JsonTokenizer.Segments;
import org.bilora.text.graph.GraphTokenizer;
import org.bilora.text.graph.UnsupportedTokenizerException;

/**
 * The tokenizer that goes into the graph, or why none does.
 *
 * @param tokenizer present where the graph takes texts
 * @param refusal the step that a graph cannot do exactly, where it does not
 */
record TextInput(Optional<GraphTokenizer> tokenizer, Optional<String> refusal) {

  /** Tries the model's tokenizer. */
  static TextInput of(ServingModel model) throws IOException {
    if (model.outputs().perToken()) {
      return new TextInput(
          Optional.empty(),
          Optional.of("answers per token are for who has the tokens, so it takes their ids"));
    }
    EncoderConfig config = model.encoder().config();
    Segments segments = config.kind().segments(config) ? Segments.FIRST_AND_SECOND : Segments.NONE;
    try {
      GraphTokenizer tokenizer =
          GraphTokenizer.of(model.encoder().tokenizer().definition(), segments);
      for (Reading reading : readings(model)) {
        tokenizer.requireSameIds(
            model.encoder().tokenizer(), reading.pairs(), reading.maxTokens(), config.padTokenId());
      }
      return new TextInput(Optional.of(tokenizer), Optional.empty());
    } catch (UnsupportedTokenizerException e) {
      return new TextInput(Optional.empty(), Optional.of(e.getMessage()));
    } catch (JsonProcessingException e) {
      return new TextInput(Optional.empty(), Optional.of("it is no JSON"));
    }
  }

  private static List<Reading> readings(ServingModel model) {
    return model
        .adapters()
        .map(bank -> new TextReadings(bank.adapters()).all())
        .orElse(List.of(new Reading(model.pairs(), model.maxTokens())));
  }
}
