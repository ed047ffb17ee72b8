package org.bilora.serve;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorShapeProto;

/**
 * TensorFlow Serving's REST interface of one model, without the network.
 *
 * <p>Errors have the status that TensorFlow Serving gives them: 400 for what is wrong in itself,
 * 404 for a model or version that is not served, 429 when too much is waiting.
 */
final class RestApi {
  private final ServedExport export;
  private final Batcher batcher;
  private final Executor writers;

  /**
   * The interface of an export.
   *
   * @param writers write the answers, so that the thread that runs the model need not
   */
  RestApi(ServedExport export, Batcher batcher, Executor writers) {
    this.export = export;
    this.batcher = batcher;
    this.writers = writers;
  }

  /**
   * Checks that the path names the served model and version.
   *
   * @throws RequestRefusedException with 404 when it does not
   */
  void check(ModelPath path) {
    if (!path.model().equals(export.name())) {
      throw new RequestRefusedException(
          404,
          "Servable not found for request: %s; this server serves %s"
              .formatted(
                  path.version()
                      .map(version -> "Specific(%s, %s)".formatted(path.model(), version))
                      .orElse("Latest(%s)".formatted(path.model())),
                  export.name()));
    }
    if (path.version().isPresent() && !isServed(path.version().get())) {
      throw new RequestRefusedException(
          404,
          "Servable not found for request: Specific(%s, %s); version %d is served"
              .formatted(path.model(), path.version().get(), export.version()));
    }
    if (path.label().isPresent()) {
      throw RequestRefusedException.badRequest(
          "Unrecognized servable version label: %s; versions have no labels here"
              .formatted(path.label().get()));
    }
  }

  private boolean isServed(String version) {
    return version.replaceFirst("^0+(?=.)", "").equals(Long.toString(export.version()));
  }

  /** Answers a request without a body. */
  Reply get(ModelPath path) {
    check(path);
    return switch (path.verb()) {
      case STATUS -> Reply.json(200, this::status);
      case METADATA -> Reply.json(200, this::metadata);
      default -> throw new IllegalArgumentException(path.verb() + " has a body");
    };
  }

  /**
   * Answers a request with a body.
   *
   * @return the answer, or a {@link RequestRefusedException}
   * @throws RequestRefusedException when the body is wrong, or too much is waiting
   */
  CompletableFuture<Reply> post(ModelPath path, byte[] body) {
    check(path);
    return switch (path.verb()) {
      case PREDICT -> predict(body);
      case CLASSIFY -> classify(body);
      case REGRESS -> regress(body);
      default -> throw new IllegalArgumentException(path.verb() + " has no body");
    };
  }

  private CompletableFuture<Reply> predict(byte[] body) {
    PredictJson.Request request = PredictJson.read(body, export::signature);
    return run(request.signature(), request.inputs())
        .thenApplyAsync(
            outputs -> new Reply(200, Reply.JSON, PredictJson.write(request.format(), outputs)),
            writers);
  }

  private CompletableFuture<Reply> classify(byte[] body) {
    switch (export.model().outputs()) {
      case CLASSES, LABELS, TOKENS -> {}
      case SCORE ->
          throw RequestRefusedException.badRequest(
              "the model gives a score, not a class; ask for :regress");
      case SCORES ->
          throw RequestRefusedException.badRequest(
              "the model gives several scores, not a class; ask for :predict");
    }
    return examples(
        body,
        (inputs, outputs) -> {
          Values probabilities = outputs.get(TokenizedRequest.PROBABILITIES);
          return ExampleJson.classes(labels(inputs, probabilities.rows()), probabilities);
        });
  }

  /** Names of the classes of each row. */
  private List<List<String>> labels(Map<String, Values> inputs, int rows) {
    if (export.model().adapters().isEmpty()) {
      return Collections.nCopies(rows, export.model().labels());
    }
    byte[][] adapters = (byte[][]) inputs.get(TokenizedRequest.ADAPTER).elements();
    return Arrays.stream(adapters)
        .map(name -> export.model().adapter(new String(name, StandardCharsets.UTF_8)).labels())
        .toList();
  }

  private CompletableFuture<Reply> regress(byte[] body) {
    switch (export.model().outputs()) {
      case SCORE -> {}
      case CLASSES, LABELS, TOKENS ->
          throw RequestRefusedException.badRequest(
              "the model gives a class, not a score; ask for :classify");
      case SCORES ->
          throw RequestRefusedException.badRequest(
              "the model gives several scores, not one; ask for :predict");
    }
    return examples(
        body, (inputs, outputs) -> ExampleJson.scores(outputs.get(TokenizedRequest.SCORES)));
  }

  private interface Writer {
    byte[] write(Map<String, Values> inputs, Map<String, Values> outputs);
  }

  private CompletableFuture<Reply> examples(byte[] body, Writer writer) {
    ServedSignature texts = export.texts();
    Map<String, Values> inputs = ExampleJson.read(PredictJson.object(body), texts);
    return run(texts, inputs)
        .thenApplyAsync(
            outputs -> new Reply(200, Reply.JSON, writer.write(inputs, outputs)), writers);
  }

  private CompletableFuture<Map<String, Values>> run(
      ServedSignature signature, Map<String, Values> inputs) {
    return batcher
        .submit(signature.graph(), signature.graphInputs(inputs))
        .thenApply(signature::outputs);
  }

  private void status(JsonGenerator out) throws IOException {
    out.writeArrayFieldStart("model_version_status");
    out.writeStartObject();
    out.writeStringField("version", Long.toString(export.version()));
    out.writeStringField("state", "AVAILABLE");
    out.writeObjectFieldStart("status");
    out.writeStringField("error_code", "OK");
    out.writeStringField("error_message", "");
    out.writeEndObject();
    out.writeEndObject();
    out.writeEndArray();
  }

  /** As protobuf's JSON form has the message, under the names of its fields. */
  private void metadata(JsonGenerator out) throws IOException {
    out.writeObjectFieldStart("model_spec");
    out.writeStringField("name", export.name());
    out.writeStringField("signature_name", "");
    out.writeStringField("version", Long.toString(export.version()));
    out.writeEndObject();
    out.writeObjectFieldStart("metadata");
    out.writeObjectFieldStart("signature_def");
    out.writeObjectFieldStart("signature_def");
    for (ServedSignature signature : export.signatures().values()) {
      SignatureDef definition = signature.definition();
      out.writeObjectFieldStart(signature.name());
      writeTensors("inputs", definition.getInputsMap(), out);
      writeTensors("outputs", definition.getOutputsMap(), out);
      out.writeStringField("method_name", definition.getMethodName());
      out.writeObjectFieldStart("defaults");
      out.writeEndObject();
      out.writeEndObject();
    }
    out.writeEndObject();
    out.writeEndObject();
    out.writeEndObject();
  }

  private static void writeTensors(String field, Map<String, TensorInfo> tensors, JsonGenerator out)
      throws IOException {
    out.writeObjectFieldStart(field);
    for (Map.Entry<String, TensorInfo> entry : new TreeMap<>(tensors).entrySet()) {
      TensorInfo info = entry.getValue();
      out.writeObjectFieldStart(entry.getKey());
      out.writeStringField("dtype", info.getDtype().name());
      out.writeObjectFieldStart("tensor_shape");
      out.writeArrayFieldStart("dim");
      for (TensorShapeProto.Dim axis : info.getTensorShape().getDimList()) {
        out.writeStartObject();
        out.writeStringField("size", Long.toString(axis.getSize()));
        out.writeStringField("name", axis.getName());
        out.writeEndObject();
      }
      out.writeEndArray();
      out.writeBooleanField("unknown_rank", info.getTensorShape().getUnknownRank());
      out.writeEndObject();
      out.writeStringField("name", info.getName());
      out.writeEndObject();
    }
    out.writeEndObject();
  }
}
