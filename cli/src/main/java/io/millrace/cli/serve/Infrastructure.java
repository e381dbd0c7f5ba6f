package io.millrace.cli.serve;

import io.millrace.cli.terminal.Arguments;
import io.millrace.embedded.EmbeddedKafka;
import io.millrace.embedded.EmbeddedPostgres;
import io.millrace.embedded.KafkaProcess;
import io.millrace.embedded.ServerFailed;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

/** A PostgreSQL and a Kafka of our own, started side by side. */
record Infrastructure(EmbeddedPostgres postgres, Broker kafka) {

  private static final Executor THREADS =
      task -> Thread.ofPlatform().daemon().name("millrace-start").start(task);

  /** A Kafka, wherever it runs. */
  interface Broker extends AutoCloseable {
    String bootstrapServers();

    long pid();

    boolean isRunning();

    void restart();

    @Override
    void close();
  }

  /**
   * Where it is to run.
   *
   * @param postgresPort 0: any free one
   * @param kafkaPort 0: any free one
   * @param separateKafka whether the broker is a process of its own, which can be killed by itself
   */
  record Plan(Path data, int postgresPort, int kafkaPort, boolean separateKafka) {}

  /** Where {@code --data} says, else beside the launcher, wherever it is called from. */
  static Path data(Arguments arguments) {
    Path home = Path.of(System.getProperty("millrace.home", ""));
    return Path.of(arguments.value("--data", home.resolve(".millrace").toString()))
        .toAbsolutePath()
        .normalize();
  }

  /**
   * Starts both and keeps them running.
   *
   * @throws ServerFailed if one does not start
   */
  static Infrastructure start(Plan plan, Closing closing, Progress progress) {
    var kafka =
        CompletableFuture.supplyAsync(
            () -> {
              Broker server =
                  closing.add(plan.separateKafka() ? separateKafka(plan) : ownKafka(plan));
              progress.ready("Kafka", server.bootstrapServers());
              return server;
            },
            THREADS);
    var postgres =
        CompletableFuture.supplyAsync(
            () -> {
              EmbeddedPostgres server = closing.addLast(postgres(plan));
              progress.ready("PostgreSQL", "127.0.0.1:" + server.port());
              return server;
            },
            THREADS);
    var started = new Infrastructure(join(postgres), join(kafka));
    closing.add(
        new Guard(
            "PostgreSQL", () -> started.postgres.pid().isPresent(), started.postgres::restart));
    closing.add(new Guard("Kafka", started.kafka::isRunning, started.kafka::restart));
    return started;
  }

  private static <T> T join(CompletableFuture<T> starting) {
    try {
      return starting.join();
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw failed;
    }
  }

  private static EmbeddedPostgres postgres(Plan plan) {
    return EmbeddedPostgres.builder()
        .dataDirectory(plan.data().resolve("postgres"))
        .port(plan.postgresPort())
        .start();
  }

  private static Broker ownKafka(Plan plan) {
    EmbeddedKafka server =
        EmbeddedKafka.builder()
            .dataDirectory(plan.data().resolve("kafka"))
            .port(plan.kafkaPort())
            .start();
    return new Broker() {
      @Override
      public String bootstrapServers() {
        return server.bootstrapServers();
      }

      @Override
      public long pid() {
        return ProcessHandle.current().pid();
      }

      @Override
      public boolean isRunning() {
        return true;
      }

      @Override
      public void restart() {
        server.restart();
      }

      @Override
      public void close() {
        server.close();
      }
    };
  }

  private static Broker separateKafka(Plan plan) {
    KafkaProcess server = KafkaProcess.start(plan.data().resolve("kafka"), plan.kafkaPort());
    return new Broker() {
      @Override
      public String bootstrapServers() {
        return server.bootstrapServers();
      }

      @Override
      public long pid() {
        return server.pid().orElse(0L);
      }

      @Override
      public boolean isRunning() {
        return server.pid().isPresent();
      }

      @Override
      public void restart() {
        server.restart();
      }

      @Override
      public void close() {
        server.close();
      }
    };
  }
}
