package org.bilora.serve;

/** A request that gets an error instead of an answer: its HTTP status and the message. */
final class RequestRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * A refusal.
   *
   * @param status of HTTP, from 400 to 599
   * @param message what the client reads under {@code "error"}
   */
  RequestRefusedException(int status, String message) {
    super(message, null, false, false);
    this.status = status;
  }

  /** Status 400: the request is wrong in itself. */
  static RequestRefusedException badRequest(String message) {
    return new RequestRefusedException(400, message);
  }

  int status() {
    return status;
  }
}
