package io.millrace.claude.call;

import com.anthropic.core.http.HttpResponse;
import io.millrace.failure.FailureCode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One request to Claude that is no call for a Message, made once: its body is written and its reply
 * read as it goes, so that neither is ever in memory. It takes as long as it takes; what is bounded
 * is connecting and each silence. {@link #execute} blocks a virtual thread; {@link #abort} may come
 * from any thread.
 *
 * <p>A body whose tail has not left cannot have been taken: until then nothing counts as sent.
 */
public final class Exchange {

  private final ClaudeClient client;
  private final ExchangeRequest request;
  private final BooleanSupplier maySend;
  private final AbortSwitch stop = new AbortSwitch();
  private final Silence silence;
  private final int maxBytes;
  private Instant startedAt = Instant.EPOCH;
  private long startNanos;
  private @Nullable Duration sent;
  private @Nullable Duration replied;
  private @Nullable Integer status;
  private ReplyHeaders headers = ReplyHeaders.NONE;
  private volatile boolean whole;
  private @Nullable CountingInputStream reply;

  Exchange(ClaudeClient client, ExchangeRequest request, BooleanSupplier maySend) {
    this.client = client;
    this.request = request;
    this.maySend = maySend;
    this.maxBytes = client.settings().maxAnswerBytes();
    this.silence =
        new Silence(
            client.timer(),
            new UpstreamSettings.Streaming(0, request.waits().start(), request.waits().idle()),
            () -> stop.abort(AbortReason.SILENCE));
  }

  /**
   * Makes it and waits for its end.
   *
   * @return answered: a whole reply, whose body is empty where it went to the reader
   */
  public Reply execute() {
    startedAt = client.clock().instant();
    startNanos = System.nanoTime();
    stop.begin();
    Connections.Slot slot = client.connections().take();
    ScheduledFuture<?> connecting = null;
    try {
      if (stop.stopped()) {
        return new Reply.NothingSent(FailureCode.ABORTED_UNSENT, "aborted", timings());
      }
      if (request.body() == null) {
        silence.sent();
      } else {
        connecting =
            client
                .timer()
                .schedule(
                    () -> stop.connectTimeout(),
                    client.settings().connectTimeout().toNanos(),
                    TimeUnit.NANOSECONDS);
      }
      return exchange(slot);
    } finally {
      stop.end();
      slot.release();
      silence.over();
      if (connecting != null) {
        connecting.cancel(false);
      }
    }
  }

  /** Stops it, or keeps it from starting; the first reason stands. */
  public void abort(AbortReason reason) {
    stop.abort(reason);
  }

  private Reply exchange(Connections.Slot slot) {
    try (HttpResponse response = client.send(slot, request, body())) {
      replied = elapsed();
      status = response.statusCode();
      headers =
          ReplyHeaders.of(
              response.headers().names(), name -> response.headers().values(name).getFirst());
      silence.heard();
      try (var in = new CountingInputStream(response.body(), silence::heard)) {
        reply = in;
        return read(in);
      }
    } catch (IOException | RuntimeException e) {
      return faulted(e);
    }
  }

  private Reply read(CountingInputStream in) throws IOException {
    int told = Objects.requireNonNull(status);
    var reader = request.reader();
    if (reader != null && told / 100 == 2) {
      reader.read(in);
      return new Reply.Answered(told, headers, new byte[0], timings());
    }
    byte[] body = in.readNBytes(maxBytes + 1);
    return body.length > maxBytes
        ? broken(FailureCode.ANSWER_TOO_LARGE, "more than " + maxBytes + " bytes")
        : new Reply.Answered(told, headers, body, timings());
  }

  private @Nullable ExchangeBody body() {
    var body = request.body();
    return body == null
        ? null
        : new ExchangeBody(body, this::beginSending, this::finishSending, silence::sent);
  }

  private void beginSending() throws IOException {
    checkMaySend();
    stop.beginSending();
    silence.sent();
  }

  // The last moment: a body may have taken minutes to leave.
  private void finishSending() throws IOException {
    checkMaySend();
    stop.beginSending();
    whole = true;
    sent = elapsed();
    silence.sent();
  }

  private void checkMaySend() {
    if (!maySend.getAsBoolean()) {
      stop.abort(AbortReason.LEASE_LOST);
    }
  }

  private Reply faulted(Exception fault) {
    String detail = TransportFault.describe(fault);
    AbortReason reason = stop.reason();
    if (!whole && replied == null) {
      FailureCode code =
          reason != null
              ? FailureCode.ABORTED_UNSENT
              : stop.connectTimedOut() ? FailureCode.CONNECT_TIMEOUT : TransportFault.unsent(fault);
      return new Reply.NothingSent(code, detail, timings());
    }
    if (replied == null && TransportFault.refusedUnread(fault)) {
      return new Reply.NothingSent(FailureCode.STREAM_REFUSED, detail, timings());
    }
    FailureCode code =
        reason != null ? reason.onceSent() : TransportFault.sent(fault, replied != null);
    if (code == FailureCode.CONNECTION_LOST) {
      client.connections().distrustIdle();
    }
    return broken(code, detail);
  }

  private Reply.Broken broken(FailureCode code, String detail) {
    return new Reply.Broken(
        code, detail, status, headers, reply == null ? 0 : reply.count(), timings());
  }

  private Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  private Timings timings() {
    return new Timings(startedAt, sent, replied, elapsed());
  }
}
