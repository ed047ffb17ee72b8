package org.bilora.serve;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.thread.Scheduler;

/** Reads the body of a request as it comes, without holding a thread, up to a size and a time. */
final class BodyReader implements Runnable {
  private final Request request;

  /** Most bytes to keep; empty where none is kept, however many there are. */
  private final OptionalInt limit;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final CompletableFuture<byte[]> body = new CompletableFuture<>();

  private BodyReader(Request request, OptionalInt limit) {
    this.request = request;
    this.limit = limit;
  }

  /**
   * Reads a body.
   *
   * @param limit bytes
   * @param time within which it is to be there whole
   * @return the body; or a {@link RequestRefusedException} with 413 when it is longer, 408 when it
   *     takes longer, 400 when it ends early, 415 when it is compressed
   */
  static CompletableFuture<byte[]> read(Request request, int limit, Duration time) {
    BodyReader reader = new BodyReader(request, OptionalInt.of(limit));
    String coding = request.getHeaders().get(HttpHeader.CONTENT_ENCODING);
    if (coding != null && !coding.equalsIgnoreCase("identity")) {
      reader.refuse(415, "Content-Encoding %s is not taken; send it as it is".formatted(coding));
    } else if (request.getLength() > limit) {
      reader.refuse(
          413, "the body has %d bytes, at most %d are taken".formatted(request.getLength(), limit));
    } else {
      reader.runWithin(time);
    }
    return reader.body;
  }

  /**
   * Reads what is left of a body and forgets it.
   *
   * @param time after which no more is read
   * @return completed, exceptionally or not, when no more is to be read
   */
  static CompletableFuture<byte[]> drop(Request request, Duration time) {
    BodyReader reader = new BodyReader(request, OptionalInt.empty());
    reader.runWithin(time);
    return reader.body;
  }

  private void runWithin(Duration time) {
    Scheduler.Task deadline =
        request
            .getComponents()
            .getScheduler()
            .schedule(() -> late(time), time.toMillis(), TimeUnit.MILLISECONDS);
    body.whenComplete((done, failure) -> deadline.cancel());
    run();
  }

  /** Takes what is there, and asks to be called again for the rest. */
  @Override
  public void run() {
    while (!body.isDone()) {
      Content.Chunk chunk = request.read();
      if (chunk == null) {
        request.demand(this);
        return;
      }
      if (Content.Chunk.isFailure(chunk)) {
        refuse(400, "the body ends early: " + chunk.getFailure().getMessage());
        return;
      }
      take(chunk.getByteBuffer());
      boolean last = chunk.isLast();
      chunk.release();
      if (last) {
        body.complete(bytes.toByteArray());
      }
    }
  }

  private void take(ByteBuffer part) {
    if (limit.isEmpty()) {
      return;
    }
    int most = limit.getAsInt();
    if (bytes.size() + part.remaining() > most) {
      refuse(
          413, "the body has more than %d bytes, which is the most that is taken".formatted(most));
      return;
    }
    byte[] copy = new byte[part.remaining()];
    part.get(copy);
    bytes.writeBytes(copy);
  }

  private void late(Duration time) {
    refuse(408, "the body took longer than %.0f s to arrive".formatted(time.toMillis() / 1e3));
  }

  private void refuse(int status, String message) {
    body.completeExceptionally(new RequestRefusedException(status, message));
  }
}
