package org.bilora.serve;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A path of TensorFlow Serving's REST interface, upper or lower case:
 *
 * <pre>
 * POST /v1/models/NAME[/versions/VERSION|/labels/LABEL]:(classify|regress|predict)
 * GET  /v1/models/NAME[/versions/VERSION|/labels/LABEL][/metadata]
 * </pre>
 *
 * @param verb what is asked for
 * @param model name of the model, decoded
 * @param version where the path names one
 * @param label of a version, where the path names one
 */
record ModelPath(Verb verb, String model, Optional<String> version, Optional<String> label) {
  /** The first part of every such path. */
  static final String PREFIX = "/v1/";

  private static final String MODEL =
      "(?i)/v1/models/(?<model>[^/:]+)(?:/versions/(?<version>[0-9]+)|/labels/(?<label>[^/:]+))?";
  private static final Pattern POST = Pattern.compile(MODEL + ":(?<verb>classify|regress|predict)");
  private static final Pattern GET = Pattern.compile(MODEL + "(?:/(?<verb>metadata))?");

  /** What can be asked of a model. */
  enum Verb {
    STATUS,
    METADATA,
    PREDICT,
    CLASSIFY,
    REGRESS;

    /** Whether the request has a body. */
    boolean hasBody() {
      return this != STATUS && this != METADATA;
    }

    /** As metrics have it. */
    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Reads method and path of a request.
   *
   * @param path as sent, without query
   * @throws RequestRefusedException with 400, as TensorFlow Serving has it, when it is none of them
   */
  static ModelPath of(String method, String path) {
    Matcher matcher =
        switch (method) {
          case "POST" -> POST.matcher(path);
          case "GET", "HEAD" -> GET.matcher(path);
          default -> throw malformed(method, path);
        };
    if (!matcher.matches()) {
      throw malformed(method, path);
    }
    String verb = matcher.group("verb");
    return new ModelPath(
        verb == null ? Verb.STATUS : Verb.valueOf(verb.toUpperCase(Locale.ROOT)),
        decoded(matcher.group("model")),
        Optional.ofNullable(matcher.group("version")),
        Optional.ofNullable(matcher.group("label")).map(ModelPath::decoded));
  }

  private static RequestRefusedException malformed(String method, String path) {
    return RequestRefusedException.badRequest("Malformed request: " + method + " " + path);
  }

  private static String decoded(String part) {
    try {
      // A plus stands for itself in a path.
      return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw RequestRefusedException.badRequest("the path has a wrong percent code in " + part);
    }
  }
}
