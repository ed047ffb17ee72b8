package org.bilora.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.bilora.text.Encoding;
import org.bilora.weights.AtomicFile;

/**
 * What TensorFlow Serving is started with, beside a model's version folders:
 *
 * <pre>
 * models.config     which folder is served under which name (ModelServerConfig)
 * batching.config   how requests are batched (BatchingParameters)
 * compose.yaml      a container that serves both ways, HTTP and gRPC
 * README.md         signatures, and requests that work as they stand
 * </pre>
 *
 * <p>They describe the newest version, and are written again with each.
 */
final class ServingFiles {
  private static final ObjectMapper JSON = new ObjectMapper();
  static final String AGAIN =
      "Written by bilora export, and again with the next version: change a copy.";
  private static final String IMAGE = "tensorflow/serving:2.18.0";
  private static final String SENTENCE = "There are many reasons to stay at home tonight.";

  private ServingFiles() {}

  /** Writes them. */
  static void write(ServingModel model, String name, List<String> signatures, Path base)
      throws IOException {
    boolean pads = RowPadding.of(model.encoder(), model.maxTokens()).firstElementIsSeen();
    write(name, pads, readme(model, name, signatures), base);
  }

  /**
   * Writes them.
   *
   * @param pads whether a server may fill rows up with their first element
   */
  static void write(String name, boolean pads, String readme, Path base) throws IOException {
    write(base.resolve("models.config"), modelsConfig(name));
    write(base.resolve("batching.config"), batchingConfig(pads));
    write(base.resolve("compose.yaml"), compose(name));
    write(base.resolve("README.md"), readme);
  }

  private static void write(Path file, String content) throws IOException {
    AtomicFile.write(file, out -> out.write(content.getBytes(StandardCharsets.UTF_8)));
  }

  private static String modelsConfig(String name) throws JsonProcessingException {
    return """
        # %s
        model_config_list {
          config {
            name: %s
            base_path: %s
            model_platform: "tensorflow"
          }
        }
        """
        .formatted(AGAIN, quoted(name), quoted("/models/" + name));
  }

  private static String batchingConfig(boolean pads) {
    String sizes =
        ServingLimits.BATCH_SIZES.stream()
            .map("allowed_batch_sizes: %d\n"::formatted)
            .collect(Collectors.joining());
    String padding =
        pads
            ? """
            # Rows of different lengths go into one batch: the server fills them up with their first
            # element, and the model sees that this is padding.
            pad_variable_length_inputs: true
            """
            : """
            # The server would fill rows up with their first element, which this model's tokenizer
            # gives the model no way to tell from a token.
            pad_variable_length_inputs: false
            """;
    return """
        # %s
        # num_batch_threads is left to the server: as many as there are cores.
        max_batch_size { value: %d }
        batch_timeout_micros { value: %d }
        max_enqueued_batches { value: %d }
        %s%s"""
        .formatted(
            AGAIN,
            ServingLimits.largestBatch(),
            ServingLimits.BATCH_TIMEOUT_MICROS,
            ServingLimits.ENQUEUED_BATCHES,
            sizes,
            padding);
  }

  private static String compose(String name) throws JsonProcessingException {
    String folder = "/models/" + name;
    return """
        # %s
        # docker compose up; then the requests of README.md
        services:
          serving:
            image: %s
            ports:
              - "127.0.0.1:8500:8500" # gRPC
              - "127.0.0.1:8501:8501" # HTTP
            volumes:
              - type: bind
                source: .
                target: %s
                read_only: true
            command:
              - %s
              - --enable_batching=true
              - %s
        """
        .formatted(
            AGAIN,
            IMAGE,
            quoted(folder),
            quoted("--model_config_file=" + folder + "/models.config"),
            quoted("--batching_parameters_file=" + folder + "/batching.config"));
  }

  private static String readme(ServingModel model, String name, List<String> signatures)
      throws JsonProcessingException {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        # %s

        A text %s for TensorFlow Serving. %s

        ```
        docker compose up
        ```

        """
            .formatted(name, model.outputs().kind(), AGAIN));
    if (signatures.contains(ServingGraph.TEXT_SIGNATURE)) {
      text.append(
          """
          Texts go in as they are (signature `%s`; longer ones are cut at %d tokens):

          %s
          """
              .formatted(
                  ServingGraph.TEXT_SIGNATURE,
                  model.maxTokens(),
                  curl(name, ServingGraph.TEXT_SIGNATURE, textInstance(model))));
    }
    text.append(
        """
        Token ids (signature `%s`; the tokenizer is `assets/tokenizer.json` of the version's folder):

        %s
        """
            .formatted(
                ServingGraph.IDS_SIGNATURE,
                curl(name, ServingGraph.IDS_SIGNATURE, idsInstance(model))));
    text.append(
        """
        | signature | inputs |
        | --- | --- |
        """);
    boolean typed = model.encoder().config().typeVocabSize() > 1;
    String types = typed ? ", `token_type_ids`" : "";
    String texts = model.pairs() ? "`text` and `text_pair`" : "`text`";
    String adapters = model.adapters().isPresent() ? "; `adapter`: strings, `[rows]`" : "";
    Map<String, String> inputs =
        Map.of(
            ServingGraph.SIGNATURE,
            "`input_ids`, `attention_mask`%s: int32, `[rows, length]`".formatted(types),
            ServingGraph.INT64_SIGNATURE,
            "the same as int64, as most tokenizers give them",
            ServingGraph.IDS_SIGNATURE,
            "`input_ids`%s: int64, `[rows, length]`; what is padding follows from the ids"
                .formatted(model.pairs() ? types : ""),
            ServingGraph.TEXT_SIGNATURE,
            texts + ": strings in UTF-8, `[rows]`");
    for (String signature : signatures) {
      text.append("| `%s` | %s%s |%n".formatted(signature, inputs.get(signature), adapters));
    }
    text.append(
        model
            .adapters()
            .map(bank -> adapters(model, bank))
            .orElseGet(
                () -> "\nOutputs: %s\n".formatted(model.outputs().described(model.labels()))));
    text.append(
        """

        gRPC: `PredictRequest` with `model_spec.name` "%s" and one of the signatures; types must be those of
        the table. HTTP takes numbers of either kind.
        """
            .formatted(name));
    return text.toString();
  }

  private static String adapters(ServingModel model, AdapterBank bank) {
    StringBuilder text = new StringBuilder();
    text.append(
        """

        Every row names its adapter, and rows of different adapters may share a request and a batch:

        | `adapter` | reads | labels |
        | --- | --- | --- |
        """);
    for (ServedAdapter adapter : bank.adapters()) {
      text.append(
          "| `%s` | %s, cut at %d tokens | %s |%n"
              .formatted(
                  adapter.name(),
                  adapter.pairs() ? "pairs of texts" : "single texts",
                  adapter.maxTokens(),
                  adapter.labels().isEmpty() ? "one score" : String.join(", ", adapter.labels())));
    }
    text.append(
        """

        A name that is not in this table is an error (`INVALID_ARGUMENT`, HTTP 400) that lists the names. A
        server that batches requests gives it to all rows of that batch: send names that are in the table.
        """);
    if (bank.anyPairs() && !bank.adapters().stream().allMatch(ServedAdapter::pairs)) {
      text.append(
          "`text_pair` is an empty string in rows of adapters for single texts; another one is an error.\n");
    }
    List<String> columns = new ArrayList<>();
    for (int label = 0; label < bank.width() && bank.width() > 1; label++) {
      columns.add(Integer.toString(label));
    }
    text.append("\nOutputs: %s\n".formatted(model.outputs().described(columns)));
    text.append("Columns are each adapter's labels in the order of the table");
    text.append(
        bank.adapters().stream().map(ServedAdapter::outputs).distinct().count() > 1
            ? "; those that it does not have have\nprobability 0 and the logit %.0e.\n"
                .formatted(AdapterBank.NO_LOGIT)
            : ".\n");
    return text.toString();
  }

  private static void putAdapter(ServingModel model, Map<String, Object> instance) {
    model.adapters().ifPresent(bank -> instance.put(RowAdapters.INPUT, shown(model, bank).name()));
  }

  /** The adapter of the requests that are shown: the first that reads what they have. */
  private static ServedAdapter shown(ServingModel model, AdapterBank bank) {
    return bank.adapters().stream()
        .filter(adapter -> adapter.pairs() == model.pairs())
        .findFirst()
        .orElseThrow();
  }

  private static Map<String, Object> textInstance(ServingModel model) {
    Map<String, Object> instance = new LinkedHashMap<>();
    putAdapter(model, instance);
    instance.put(ServingGraph.TEXT, SENTENCE);
    if (model.pairs()) {
      instance.put(ServingGraph.TEXT_PAIR, "It is raining.");
    }
    return instance;
  }

  private static Map<String, Object> idsInstance(ServingModel model) {
    Encoding encoding =
        model
            .encoder()
            .tokenizer()
            .encode(
                SENTENCE,
                model.pairs() ? Optional.of("It is raining.") : Optional.empty(),
                model.maxTokens());
    Map<String, Object> instance = new LinkedHashMap<>();
    putAdapter(model, instance);
    instance.put(ServingGraph.INPUT_IDS, encoding.inputIds());
    if (model.pairs() && model.encoder().config().typeVocabSize() > 1) {
      instance.put(ServingGraph.TOKEN_TYPE_IDS, encoding.tokenTypeIds());
    }
    return instance;
  }

  /** A request that works as it stands. */
  static String curl(String name, String signature, Map<String, Object> instance)
      throws JsonProcessingException {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("signature_name", signature);
    request.put("instances", List.of(instance));
    return """
        ```
        curl -s http://localhost:8501/v1/models/%s:predict -d '%s'
        ```
        """
        .formatted(name, JSON.writeValueAsString(request));
  }

  /** In double quotes, as YAML and protobuf's text format both read it. */
  private static String quoted(String text) throws JsonProcessingException {
    return JSON.writeValueAsString(text);
  }
}
