package io.millrace.cli.serve;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;

/** Takes OTLP over HTTP, and reads as much of its protobuf as a test looks at. */
final class Collector implements AutoCloseable {

  /** A span with its attributes as text. */
  record Span(
      String service,
      String trace,
      String id,
      String parent,
      String name,
      Map<String, String> attributes) {}

  private final HttpServer server;
  private final List<byte[]> deliveries = new CopyOnWriteArrayList<>();

  Collector() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/v1/traces",
        exchange -> {
          deliveries.add(exchange.getRequestBody().readAllBytes());
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Everything that came, as text in which any text can be found. */
  List<String> raw() {
    return deliveries.stream().map(Collector::text).toList();
  }

  List<Span> spans() {
    List<Span> spans = new CopyOnWriteArrayList<>();
    for (byte[] delivery : deliveries) {
      each(
          delivery,
          1,
          resource -> {
            Map<String, String> about = new TreeMap<>();
            each(resource, 1, described -> attributes(described, 1, about));
            each(
                resource,
                2,
                scope -> each(scope, 2, span -> spans.add(span(about.get("service.name"), span))));
          });
    }
    return spans;
  }

  private static Span span(String service, byte[] span) {
    Map<Integer, byte[]> fields = new TreeMap<>();
    fields(span, fields::put);
    Map<String, String> attributes = new TreeMap<>();
    attributes(span, 9, attributes);
    byte[] none = new byte[0];
    var hex = HexFormat.of();
    return new Span(
        service,
        hex.formatHex(fields.getOrDefault(1, none)),
        hex.formatHex(fields.getOrDefault(2, none)),
        hex.formatHex(fields.getOrDefault(4, none)),
        text(fields.get(5)),
        attributes);
  }

  private static void attributes(byte[] message, int field, Map<String, String> into) {
    each(
        message,
        field,
        pair -> {
          Map<Integer, byte[]> entry = new TreeMap<>();
          fields(pair, entry::put);
          fields(
              entry.get(2),
              (kind, value) ->
                  into.put(
                      text(entry.get(1)),
                      kind == 3 ? Long.toString(ByteBuffer.wrap(value).getLong()) : text(value)));
        });
  }

  private static void each(
      byte[] message, int field, java.util.function.Consumer<byte[]> consumer) {
    fields(
        message,
        (number, value) -> {
          if (number == field) {
            consumer.accept(value);
          }
        });
  }

  private static void fields(byte[] message, BiConsumer<Integer, byte[]> consumer) {
    var in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      long tag = varint(in);
      byte[] value =
          switch ((int) (tag & 7)) {
            case 0 -> ByteBuffer.allocate(8).putLong(varint(in)).array();
            case 1 -> new byte[8];
            case 2 -> new byte[(int) varint(in)];
            case 5 -> new byte[4];
            default -> throw new UncheckedIOException(new IOException("no protobuf"));
          };
      if ((tag & 7) != 0) {
        in.get(value);
      }
      consumer.accept((int) (tag >>> 3), value);
    }
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = in.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
