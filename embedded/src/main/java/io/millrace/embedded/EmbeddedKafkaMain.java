package io.millrace.embedded;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Runs the broker as a process of its own: {@code --data <directory> [--port <port>] [--setting
 * <name>=<value>]…}. Writes {@code KAFKA_PORT=<port>} on standard output once it answers, and stops
 * in good order on SIGTERM or when its standard input ends: a parent that was killed takes it
 * along.
 */
public final class EmbeddedKafkaMain {

  static final String ANSWERS = "KAFKA_PORT=";

  private EmbeddedKafkaMain() {}

  public static void main(String[] arguments) throws IOException {
    var builder = EmbeddedKafka.builder().endsTheProcess();
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      String value = arguments[i + 1];
      switch (arguments[i]) {
        case "--data" -> builder.dataDirectory(Path.of(value));
        case "--port" -> builder.port(Integer.parseInt(value));
        case "--setting" -> {
          int equals = value.indexOf('=');
          builder.setting(value.substring(0, equals), value.substring(equals + 1));
        }
        default -> throw new IllegalArgumentException("unknown option " + arguments[i]);
      }
    }
    EmbeddedKafka broker = builder.start();
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(broker::close));
    System.out.println(ANSWERS + broker.port());
    System.in.transferTo(java.io.OutputStream.nullOutputStream());
    Runtime.getRuntime().exit(0);
  }
}
