package org.bilora.serve;

import com.google.common.io.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.bilora.export.ServedAdapter;

/** What is served beside the REST interface: the page at {@code /}, health and metrics. */
final class Page {
  /** The page holds its style and script, and speaks to this server only. */
  static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src"
          + " 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

  private static final String HTML = "text/html; charset=utf-8";
  private static final Map<String, String> ENDPOINTS =
      Map.of("/", "page", "/health", "health", "/metrics", "metrics");

  private final byte[] html;
  private final ServerMetrics metrics;

  Page(ServedExport export, ServerMetrics metrics) {
    this.metrics = metrics;
    try {
      String template =
          Resources.toString(Page.class.getResource("page.html"), StandardCharsets.UTF_8);
      // A name may hold "</script>"; the script reads the escape as the character.
      String model = new String(description(export), StandardCharsets.UTF_8);
      this.html =
          template
              .replace("{\"model\": null}", model.replace("<", "\\u003c"))
              .getBytes(StandardCharsets.UTF_8);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  private static byte[] description(ServedExport export) {
    ServedSignature texts = export.texts();
    return PredictJson.bytes(
        out -> {
          out.writeStringField("model", export.name());
          out.writeNumberField("version", export.version());
          out.writeStringField("signature", texts.name());
          out.writeArrayFieldStart("inputs");
          for (String input : texts.inputs().keySet()) {
            out.writeString(input);
          }
          out.writeEndArray();
          out.writeArrayFieldStart("optional");
          for (String input : texts.optional()) {
            out.writeString(input);
          }
          out.writeEndArray();
          out.writeArrayFieldStart("labels");
          for (String label : export.model().labels()) {
            out.writeString(label);
          }
          out.writeEndArray();
          out.writeArrayFieldStart("adapters");
          for (ServedAdapter adapter : export.model().adapters()) {
            out.writeStartObject();
            out.writeStringField("name", adapter.name());
            out.writeBooleanField("pairs", adapter.pairs());
            out.writeArrayFieldStart("labels");
            for (String label : adapter.labels()) {
              out.writeString(label);
            }
            out.writeEndArray();
            out.writeEndObject();
          }
          out.writeEndArray();
          out.writeStringField("outputs", export.model().outputs().name().toLowerCase(Locale.ROOT));
        });
  }

  /**
   * What a path is called in metrics.
   *
   * @throws RequestRefusedException with 404 when there is nothing
   */
  String endpoint(String path) {
    String endpoint = path == null ? null : ENDPOINTS.get(path);
    if (endpoint == null) {
      throw new RequestRefusedException(
          404, "there is nothing at this path; see /, /health, /metrics and /v1/models/NAME");
    }
    return endpoint;
  }

  /** The answer of an endpoint. */
  Reply reply(String endpoint) {
    return switch (endpoint) {
      case "page" -> new Reply(200, HTML, html);
      case "metrics" -> new Reply(200, ServerMetrics.CONTENT_TYPE, metrics.text());
      default -> Reply.json(200, out -> out.writeStringField("status", "ready"));
    };
  }
}
