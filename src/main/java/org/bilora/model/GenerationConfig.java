package org.bilora.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a decoder's {@code generation_config.json} says of generating: the tokens that end a text,
 * and the penalty of Keskar et al. (2019) on tokens that came before, in the prompt or in the text.
 * How to search or sample is not taken from there, but told in each call.
 *
 * @param ends tokens that end a text, each in the vocabulary; none for a text without an end
 * @param repetitionPenalty above 0; a token that came before has its logit divided by it where that
 *     is positive, else multiplied; 1 for none
 * @param notDone what the file asks for and is not done here; generating is refused then
 */
public record GenerationConfig(
    Set<Integer> ends, double repetitionPenalty, Optional<String> notDone) {
  static final String FILE = "generation_config.json";

  /** Rules on which tokens may come that are not known here. */
  private static final List<String> RULES =
      ImmutableList.of(
          "bad_words_ids",
          "begin_suppress_tokens",
          "encoder_repetition_penalty",
          "exponential_decay_length_penalty",
          "forced_bos_token_id",
          "forced_eos_token_id",
          "guidance_scale",
          "sequence_bias",
          "stop_strings",
          "suppress_tokens",
          "watermarking_config");

  /** Checks the range. */
  public GenerationConfig {
    ends = ImmutableSet.copyOf(ends);
    if (!(repetitionPenalty > 0 && repetitionPenalty < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "repetition_penalty is %s; it must be above 0".formatted(repetitionPenalty));
    }
  }

  /** What a configuration implies where there is no such file: its token ends a text. */
  public static GenerationConfig of(DecoderConfig config) {
    return new GenerationConfig(ImmutableSet.of(), 1, Optional.empty()).alsoEndingWith(config);
  }

  /** The same, with the token that ends a text in training as one more end. */
  GenerationConfig alsoEndingWith(DecoderConfig config) {
    ImmutableSet.Builder<Integer> all = ImmutableSet.<Integer>builder().addAll(ends);
    config.endOfText().ifPresent(all::add);
    return new GenerationConfig(all.build(), repetitionPenalty, notDone);
  }

  /**
   * Reads the file; where there is none, {@code config.json} says all of it, as it did before there
   * was such a file.
   *
   * @throws IOException when it is not JSON, or a field has a value that it cannot have
   */
  static GenerationConfig read(Path directory, ConfigFile model, DecoderConfig config)
      throws IOException {
    Path path = directory.resolve(FILE);
    int vocabSize = config.vocabSize();
    boolean own = Files.isRegularFile(path);
    ConfigFile file = own ? ConfigFile.read(path) : model;
    Optional<String> rule =
        RULES.stream().filter(each -> isSet(file.root().path(each))).findFirst();
    try {
      return new GenerationConfig(
          own || file.root().has("eos_token_id") ? ends(file, vocabSize) : of(config).ends(),
          file.number("repetition_penalty", 1),
          rule.map(
              name ->
                  "%s: %s is set, which is not done here: remove it to generate without"
                      .formatted(file.file(), name)));
    } catch (IllegalArgumentException e) {
      throw new IOException(file.file() + ": " + e.getMessage());
    }
  }

  private static boolean isSet(JsonNode value) {
    return !(value.isMissingNode()
        || value.isNull()
        || value.isContainerNode() && value.isEmpty()
        || value.isNumber() && value.doubleValue() == 1 && !value.isIntegralNumber());
  }

  /**
   * The tokens of {@code eos_token_id}: a number, a list of numbers, or null. Those that the
   * vocabulary does not have never come, and are left out.
   */
  static Set<Integer> ends(ConfigFile file, int vocabSize) throws IOException {
    JsonNode field = file.root().path("eos_token_id");
    if (field.isMissingNode() || field.isNull()) {
      return ImmutableSet.of();
    }
    ImmutableSet.Builder<Integer> ends = ImmutableSet.builder();
    for (JsonNode end : field.isArray() ? field : ImmutableList.of(field)) {
      if (!end.isIntegralNumber()) {
        throw new IOException(
            "%s: eos_token_id is %s; it must be a token id, a list of them, or null"
                .formatted(file.file(), Quoted.of(field)));
      }
      if (end.canConvertToInt() && end.intValue() >= 0 && end.intValue() < vocabSize) {
        ends.add(end.intValue());
      }
    }
    return ends.build();
  }
}
