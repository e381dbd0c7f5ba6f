package io.millrace.simulator.answer;

import io.millrace.simulator.fault.Fault;
import io.millrace.simulator.http.Exchange;
import io.millrace.simulator.http.Reply;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Sends a plain reply in the way that a fault spoils it, or in good order without one. */
public final class Spoiled {
  private static final byte[] GARBAGE =
      "\u0001\u0002 <<< this is not JSON \u0003".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NOTHING = {};
  private static final int DRIPS = 20;
  private static final long LEAST_DRIP_NANOS = 2_000_000_000L;

  private Spoiled() {}

  public static void send(Exchange exchange, Reply reply, @Nullable Fault fault, long nanos) {
    byte[] body = reply.body();
    byte[] half = Arrays.copyOf(body, body.length / 2);
    switch (fault) {
      case null -> exchange.reply(reply);
      case LOST_REPLY -> exchange.reset();
      case GARBAGE -> whole(exchange, reply, GARBAGE);
      case EMPTY -> whole(exchange, reply, NOTHING);
      case STREAM_STOP -> whole(exchange, reply, half);
      case TRUNCATED, STREAM_CUT -> {
        exchange.start(reply, body.length);
        exchange.write(half);
        exchange.cut();
      }
      case STREAM_STALL -> {
        exchange.start(reply, body.length);
        exchange.write(half);
        exchange.flush();
      }
      case SLOW_DRIP -> {
        exchange.start(reply, body.length);
        drip(exchange, body, 0, Math.max(nanos, LEAST_DRIP_NANOS) / DRIPS);
      }
      default -> exchange.reply(reply);
    }
  }

  private static void whole(Exchange exchange, Reply reply, byte[] body) {
    exchange.start(reply, body.length);
    exchange.write(body);
    exchange.finish();
  }

  private static void drip(Exchange exchange, byte[] body, int from, long interval) {
    int to = Math.min(body.length, from + Math.max(1, Math.ceilDiv(body.length, DRIPS)));
    exchange.write(Arrays.copyOfRange(body, from, to));
    if (to == body.length) {
      exchange.finish();
    } else {
      exchange.flush();
      exchange.after(interval, () -> drip(exchange, body, to, interval));
    }
  }
}
