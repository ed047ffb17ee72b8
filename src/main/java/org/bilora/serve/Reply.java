package org.bilora.serve;

/**
 * An answer over HTTP.
 *
 * @param status of HTTP
 * @param contentType of the body
 * @param body never changed
 */
record Reply(int status, String contentType, byte[] body) {
  static final String JSON = "application/json";

  /** A JSON object. */
  static Reply json(int status, PredictJson.Body fields) {
    return new Reply(status, JSON, PredictJson.bytes(fields));
  }

  /** An error as TensorFlow Serving has it, {@code {"error": "…"}}. */
  static Reply error(int status, String message) {
    return json(status, out -> out.writeStringField("error", message));
  }
}
