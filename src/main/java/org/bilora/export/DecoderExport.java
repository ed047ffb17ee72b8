package org.bilora.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.bilora.data.TaskType;
import org.bilora.generate.Generation;
import org.bilora.generate.GreedyLoop;
import org.bilora.generate.Prompt;
import org.bilora.generate.TextGenerator;
import org.bilora.model.PretrainedDecoder;
import org.bilora.text.Encoding;
import org.bilora.weights.AtomicFile;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/**
 * Writes a GPT-2 as TensorFlow Serving wants it, with the signatures of {@link DecoderGraph}: the
 * layout of {@link SavedModelExport}, with {@code generation.json} among the assets.
 */
final class DecoderExport {
  private static final String GENERATION = "generation.json";
  private static final List<String> ASSETS = List.of(Assets.TOKENIZER, GENERATION, Assets.RECORD);
  private static final String SENTENCE = "The river runs slowly past the old mill, and";
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private DecoderExport() {}

  /**
   * Exports, loads the export back, decodes some prompts with it and with {@link TextGenerator},
   * and only then gives it its name.
   *
   * @param base the model's folder, which gets a folder per version
   * @throws ExportRefusedException when the two decode a prompt differently, or the model asks for
   *     what a graph does not do; nothing is left behind
   * @throws IOException when it cannot be written
   */
  static Written write(TrainedDecoder trained, Path base) throws IOException {
    Path target = VersionDirectories.next(base, OptionalLong.empty());
    try (StagedDirectory staged = new StagedDirectory(base);
        DecoderGraph graph = new DecoderGraph(trained)) {
      writeFiles(trained, graph, staged.path());
      int compared = compare(trained, graph, staged.path());
      target = SavedModelExport.commit(staged, base, OptionalLong.empty(), target);
      String name = base.toAbsolutePath().normalize().getFileName().toString();
      ServingFiles.write(name, false, readme(trained, name, graph.signatures()), base);
      return written(trained, graph, base, target, compared);
    }
  }

  private static Written written(
      TrainedDecoder trained, DecoderGraph graph, Path base, Path target, int compared) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("signatures", graph.signatures());
    facts.put("compared_prompts", compared);
    graph.textRefusal().ifPresent(step -> facts.put("no_text_signature", step));
    String texts =
        graph
            .textRefusal()
            .map(
                step ->
                    "It takes token ids only (signatures %s): the tokenizer cannot be part of the graph, it has %s."
                        .formatted(String.join(", ", graph.signatures()), step))
            .orElse(
                "It takes texts and writes texts (signature serving_text), and token ids (serving_default, serving_int64).");
    return Written.same(
        target,
        facts,
        List.of(
            "%d prompts are decoded as generate --beam 1 --max-new-tokens %d --no-repeat-ngram %d decodes them."
                .formatted(
                    compared,
                    trained.decoding().maxNewTokens(),
                    trained.decoding().noRepeatNGram()),
            texts,
            "Serve it: see %s".formatted(base.resolve("README.md").toAbsolutePath())));
  }

  private static void writeFiles(TrainedDecoder trained, DecoderGraph graph, Path directory)
      throws IOException {
    PretrainedDecoder model = trained.merged();
    Path assets = Files.createDirectories(directory.resolve(Assets.FOLDER));
    AtomicFile.write(assets.resolve(Assets.TOKENIZER), model.tokenizer().definition());
    AtomicFile.write(assets.resolve(GENERATION), JSON.writeValueAsBytes(generation(trained)));
    graph.write(directory, ASSETS);
    new ExportRecord(
            model.config().maxPositions(),
            GreedyLoop.filler(model),
            false,
            model.name(),
            model.source(),
            model.sha256(),
            TaskType.LANGUAGE_MODELLING.id(),
            ExportRecord.hashes(directory, SavedModelExport.deciding(Assets.TOKENIZER, GENERATION)))
        .write(directory.resolve(ExportRecord.FILE));
  }

  /** How texts are written, for who reads the export. */
  private static Map<String, Object> generation(TrainedDecoder trained) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("max_new_tokens", trained.decoding().maxNewTokens());
    fields.put("no_repeat_ngram", trained.decoding().noRepeatNGram());
    fields.put("ends", trained.merged().generation().ends());
    fields.put("filler", GreedyLoop.filler(trained.merged()));
    fields.put("end_of_text_behind_prompt", trained.contexts());
    return fields;
  }

  /** Prompts of a word and more, as many as fit. */
  private static List<String> texts() {
    List<String> words = List.of(SENTENCE.split(" "));
    List<String> texts = new ArrayList<>();
    for (int count : new int[] {1, 3, words.size()}) {
      texts.add(String.join(" ", words.subList(0, count)));
    }
    texts.add("name : Blue Spice | Type : coffee shop | area : city centre");
    return texts;
  }

  private static int[] prompt(TrainedDecoder trained, String text) {
    int most = trained.decoding().maxNewTokens();
    Prompt prompt =
        trained.contexts()
            ? Prompt.ofContext(trained.merged(), text, most)
            : Prompt.ofBeginning(trained.merged(), text, most);
    return prompt.tokens();
  }

  private static int compare(TrainedDecoder trained, DecoderGraph graph, Path directory)
      throws IOException {
    List<String> texts = texts();
    List<int[]> prompts = texts.stream().map(text -> prompt(trained, text)).toList();
    List<Generation> expected;
    try (TextGenerator generator = new TextGenerator(trained.merged(), trained.decoding())) {
      expected = generator.generate(prompts, (finished, all) -> {});
    }
    try (SavedModelBundle bundle = SavedModelBundle.load(directory.toString(), SavedGraph.TAG)) {
      for (String name : graph.signatures()) {
        SignatureDef signature = bundle.metaGraphDef().getSignatureDefOrThrow(name);
        Map<String, Tensor> fed =
            name.equals(ServingGraph.TEXT_SIGNATURE)
                ? Map.of(ServingGraph.TEXT, ServingSession.strings(texts.stream()))
                : ServingSession.ids(signature, padded(prompts));
        try (Result result = run(bundle, signature, fed)) {
          requireSame(name, result, expected, trained);
        }
      }
    } catch (TensorFlowException e) {
      throw new IOException("the export does not run: " + e.getMessage(), e);
    }
    return prompts.size();
  }

  private static void requireSame(
      String signature, Result result, List<Generation> expected, TrainedDecoder trained)
      throws ExportRefusedException {
    for (int row = 0; row < expected.size(); row++) {
      int[] tokens = expected.get(row).tokens();
      int length = ((TInt32) result.get(1)).getInt(row);
      int[] written = new int[length];
      for (int at = 0; at < length; at++) {
        written[at] =
            result.get(0) instanceof TInt64 wide
                ? (int) wide.getLong(row, at)
                : ((TInt32) result.get(0)).getInt(row, at);
      }
      boolean same = Arrays.equals(tokens, written);
      if (same && result.size() > 2) {
        same =
            trained
                .merged()
                .tokenizer()
                .decode(tokens)
                .equals(((TString) result.get(2)).getObject(row));
      }
      if (!same) {
        throw new ExportRefusedException(
            "%s decodes prompt %d otherwise than generate --beam 1 does (%s and %s); nothing was exported"
                .formatted(signature, row + 1, Arrays.toString(written), Arrays.toString(tokens)));
      }
    }
  }

  private static PaddedTexts padded(List<int[]> prompts) {
    return PaddedTexts.of(
        prompts.stream()
            .map(tokens -> new Encoding(tokens, new int[tokens.length], false))
            .toList(),
        0);
  }

  /** Runs a signature, and closes what it was fed. */
  private static Result run(
      SavedModelBundle bundle, SignatureDef signature, Map<String, Tensor> fed) {
    Session.Runner runner = bundle.session().runner();
    try {
      fed.forEach(
          (input, tensor) -> runner.feed(signature.getInputsOrThrow(input).getName(), tensor));
      for (String output :
          List.of(DecoderGraph.OUTPUT_IDS, DecoderGraph.LENGTH, DecoderGraph.GENERATED_TEXT)) {
        if (signature.containsOutputs(output)) {
          runner.fetch(signature.getOutputsOrThrow(output).getName());
        }
      }
      return runner.run();
    } finally {
      fed.values().forEach(Tensor::close);
    }
  }

  private static String readme(TrainedDecoder trained, String name, List<String> signatures)
      throws IOException {
    int[] prompt = prompt(trained, texts().get(1));
    int[] ones = new int[prompt.length];
    Arrays.fill(ones, 1);
    Map<String, Object> ids = new LinkedHashMap<>();
    ids.put(ServingGraph.INPUT_IDS, prompt);
    ids.put(ServingGraph.ATTENTION_MASK, ones);
    boolean takesTexts = signatures.contains(ServingGraph.TEXT_SIGNATURE);
    String ends =
        trained.merged().generation().ends().stream()
            .sorted()
            .map(id -> Integer.toString(id))
            .collect(Collectors.joining(", "));
    return """
        # %s

        A language model for TensorFlow Serving that decodes greedily inside the graph, as `generate --beam 1
        --max-new-tokens %d --no-repeat-ngram %d` does: a loop with a key/value cache that ends with the last
        row's end of text. %s

        ```
        docker compose up
        ```

        %sToken ids (signature `%s`; the tokenizer is `assets/tokenizer.json` of the version's folder%s):

        %s
        | signature | inputs | outputs |
        | --- | --- | --- |
        %s| `%s` | `input_ids`, `attention_mask`: int32, `[rows, length]`, padded before or behind | `output_ids`, `length` |
        | `%s` | the same as int64 | the same, `output_ids` as int64 |

        Outputs: `output_ids` `[rows, tokens]` are what was written, filled up with %d behind a row's end;
        `length` `[rows]` counts its tokens before the end. %s
        A prompt without a token, or one that leaves none of the model's %d positions, is an error
        (`INVALID_ARGUMENT`, HTTP 400).
        """
        .formatted(
            name,
            trained.decoding().maxNewTokens(),
            trained.decoding().noRepeatNGram(),
            ServingFiles.AGAIN,
            takesTexts
                ? """
                Texts go in and come out as they are (signature `%s`; longer ones are cut so that the text that is
                written has room):

                %s
                """
                    .formatted(
                        ServingGraph.TEXT_SIGNATURE,
                        ServingFiles.curl(
                            name,
                            ServingGraph.TEXT_SIGNATURE,
                            Map.of(ServingGraph.TEXT, texts().get(1))))
                : "",
            ServingGraph.SIGNATURE,
            trained.contexts() ? ", with an end of text behind the prompt" : "",
            ServingFiles.curl(name, ServingGraph.SIGNATURE, ids),
            takesTexts
                ? "| `%s` | `text`: strings in UTF-8, `[rows]` | `generated_text`: strings, `[rows]`; `output_ids`, `length` |\n"
                    .formatted(ServingGraph.TEXT_SIGNATURE)
                : "",
            ServingGraph.SIGNATURE,
            ServingGraph.INT64_SIGNATURE,
            GreedyLoop.filler(trained.merged()),
            ends.isEmpty() ? "No token ends a text." : "Texts end with token %s.".formatted(ends),
            trained.merged().config().maxPositions());
  }
}
