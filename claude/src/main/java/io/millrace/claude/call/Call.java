package io.millrace.claude.call;

import com.anthropic.core.http.Headers;
import com.anthropic.core.http.HttpResponse;
import io.millrace.failure.FailureCode;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One call, made once. {@link #execute} blocks; {@link #abort} may come from any thread at any time
 * and ends it within moments.
 */
public final class Call {
  static final String EVENTS = "text/event-stream";

  // A stream that is left before its end costs its connection, or resets it under HTTP/2.
  private static final Duration END = Duration.ofMillis(200);

  private final ClaudeClient client;
  private final CallRequest request;
  private final BooleanSupplier maySend;
  private final AbortSwitch stop = new AbortSwitch();

  private Instant startedAt = Instant.EPOCH;
  private long startNanos;
  private @Nullable Duration sent;
  private @Nullable Duration replied;
  private @Nullable Integer status;
  private ReplyHeaders headers = ReplyHeaders.NONE;
  private @Nullable CountingInputStream reply;
  private @Nullable Reassembly stream;
  private Reply.@Nullable Answered complete;
  private volatile @Nullable ScheduledFuture<?> timeout;
  private final Silence silence;

  Call(ClaudeClient client, CallRequest request, BooleanSupplier maySend) {
    this.client = client;
    this.request = request;
    this.maySend = maySend;
    this.silence =
        new Silence(
            client.timer(), client.settings().streaming(), () -> stop.abort(AbortReason.SILENCE));
  }

  /**
   * Makes the call and waits for its end. Interrupting the caller aborts the call like a drain.
   *
   * @throws IllegalStateException if called twice
   */
  public Reply execute() {
    return Thread.currentThread().isVirtual() ? run() : runOnVirtualThread();
  }

  /** Stops the call, or keeps it from starting; the first reason stands. */
  public void abort(AbortReason reason) {
    stop.abort(reason);
  }

  /** Whether the body began to leave: from then on the call may be billed. */
  public boolean mayHaveBeenSent() {
    return stop.sending();
  }

  private Reply run() {
    startedAt = client.clock().instant();
    startNanos = System.nanoTime();
    stop.begin();
    Connections.Slot slot = client.connections().take();
    try {
      if (stop.stopped()) {
        return new Reply.NothingSent(FailureCode.ABORTED_UNSENT, "aborted", timings());
      }
      awaitConnection();
      Reply reply = exchange(slot);
      return isWorthAnotherConnection(reply) ? exchange(slot) : reply;
    } finally {
      stop.end();
      slot.release();
      silence.over();
      cancelTimeout();
    }
  }

  // A host may have several addresses and OkHttp, its own retries being off, tries one at a time.
  // Nothing has been sent, so going on to the next is no repetition.
  private boolean isWorthAnotherConnection(Reply reply) {
    return reply instanceof Reply.NothingSent(var code, _, _)
        && (code == FailureCode.CONNECT_FAILED || code == FailureCode.NOT_SENT)
        && !stop.stopped();
  }

  private Reply exchange(Connections.Slot slot) {
    Optional<byte[]> asking =
        request.streamed() ? StreamField.on(request.body()) : Optional.empty();
    boolean asked = asking.isPresent();
    var body = new OneShotBody(asking.orElse(request.body()), () -> beginSending(asked));
    try (HttpResponse response = client.post(slot, request, body, asked)) {
      replied = elapsed();
      status = response.statusCode();
      headers = headersOf(response.headers());
      return read(response, asked);
    } catch (IOException | RuntimeException e) {
      // The SDK wraps what goes wrong in exceptions of its own, and OkHttp throws unchecked ones
      // for replies that are not HTTP. Whether anything was sent is all that decides, and whether
      // the answer is there: nothing that follows can take it away.
      return complete == null ? faulted(e) : complete;
    }
  }

  private void beginSending(boolean stream) throws IOException {
    if (!maySend.getAsBoolean()) {
      stop.abort(AbortReason.LEASE_LOST);
    }
    stop.beginSending();
    sent = elapsed();
    if (stream) {
      silence.sent();
    }
  }

  private Reply read(HttpResponse response, boolean asked) throws IOException {
    Runnable onBytes = asked ? silence::heard : () -> {};
    onBytes.run();
    try (var in = new CountingInputStream(response.body(), onBytes)) {
      reply = in;
      int most = client.settings().maxAnswerBytes();
      return asked && isStream(response) ? stream(in, most) : whole(response, in, most);
    }
  }

  // What is refused comes plain, and whatever stands in front of Claude may not know streams.
  private boolean isStream(HttpResponse response) {
    return response.statusCode() / 100 == 2
        && headers.value("content-type").orElse(EVENTS).contains(EVENTS);
  }

  private Reply whole(HttpResponse response, CountingInputStream in, int most) throws IOException {
    byte[] body = in.readNBytes(most + 1);
    return body.length > most
        ? tooLarge(most)
        : new Reply.Answered(response.statusCode(), headers, body, timings());
  }

  private Reply stream(CountingInputStream in, int most) throws IOException {
    var message = new Reassembly(most);
    stream = message;
    var events = new EventStream(in, most);
    for (byte[] event = events.next(); event != null; event = events.next()) {
      switch (message.take(event)) {
        case GOES_ON -> {}
        case COMPLETE -> {
          complete =
              new Reply.Answered(
                  Objects.requireNonNull(status), headers, message.message(), timings());
          silence.ending(END);
          long _ = in.transferTo(OutputStream.nullOutputStream());
          return complete;
        }
        case FAILED -> {
          return broken(FailureCode.STREAM_ERROR, "an error event");
        }
        case UNREADABLE -> {
          return broken(FailureCode.UNREADABLE_ANSWER, "an event out of place");
        }
        case TOO_LARGE -> {
          return tooLarge(most);
        }
      }
    }
    return events.hasOverflown()
        ? tooLarge(most)
        : broken(FailureCode.ANSWER_CUT, "the stream ended before its message");
  }

  private Reply tooLarge(int most) {
    return broken(FailureCode.ANSWER_TOO_LARGE, "more than " + most + " bytes");
  }

  private Reply faulted(Exception fault) {
    AbortReason reason = stop.reason();
    if (reason == null && Thread.currentThread().isInterrupted() && !stop.connectTimedOut()) {
      reason = AbortReason.DRAIN;
    }
    String detail = TransportFault.describe(fault);
    if (!stop.sending()) {
      FailureCode code =
          reason != null
              ? FailureCode.ABORTED_UNSENT
              : stop.connectTimedOut() ? FailureCode.CONNECT_TIMEOUT : TransportFault.unsent(fault);
      return new Reply.NothingSent(code, detail, timings());
    }
    if (replied == null && TransportFault.refusedUnread(fault)) {
      return new Reply.NothingSent(FailureCode.STREAM_REFUSED, detail, timings());
    }
    if (reason != null) {
      return broken(reason.onceSent(), detail);
    }
    FailureCode code = TransportFault.sent(fault, replied != null);
    if (code == FailureCode.CONNECTION_LOST) {
      client.connections().distrustIdle();
    }
    return broken(code, detail);
  }

  private Reply.Broken broken(FailureCode code, String detail) {
    return new Reply.Broken(
        code,
        detail,
        status,
        headers,
        reply == null ? 0 : reply.count(),
        timings(),
        stream == null ? null : stream.remains());
  }

  private void awaitConnection() {
    Duration connect = client.settings().connectTimeout();
    boolean connectFirst = connect.compareTo(request.timeout()) < 0;
    timeout =
        connectFirst
            ? after(connect, this::connectDeadline)
            : after(request.timeout(), () -> stop.abort(AbortReason.TIMEOUT));
  }

  // One timer serves both deadlines: most calls end before the first and never ask for the second.
  private void connectDeadline() {
    if (!stop.connectTimeout()) {
      timeout = after(request.timeout().minus(elapsed()), () -> stop.abort(AbortReason.TIMEOUT));
    }
  }

  private ScheduledFuture<?> after(Duration delay, Runnable action) {
    return client.timer().schedule(action, delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  // A deadline that is being exchanged for the next at this moment leaves a timer behind, which
  // finds the call over.
  private void cancelTimeout() {
    ScheduledFuture<?> pending = timeout;
    if (pending != null) {
      pending.cancel(false);
    }
  }

  private Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  private Timings timings() {
    return new Timings(startedAt, sent, replied, elapsed());
  }

  private static ReplyHeaders headersOf(Headers headers) {
    return ReplyHeaders.of(headers.names(), name -> headers.values(name).getFirst());
  }

  // Only a virtual thread can be interrupted while it waits for a socket.
  private Reply runOnVirtualThread() {
    var task = new FutureTask<Reply>(this::run);
    Thread thread = Thread.ofVirtual().start(task);
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
        abort(AbortReason.DRAIN);
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return switch (task.state()) {
      case SUCCESS -> task.resultNow();
      case FAILED, CANCELLED, RUNNING ->
          throw new IllegalStateException("The call did not run", task.exceptionNow());
    };
  }
}
