package io.millrace.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Kafka broker of our own that is its own controller, in this JVM, on 127.0.0.1 only.
 *
 * <p>With a data directory it goes on with its records at the next start, also when the JVM was
 * killed. A lock of ours keeps two processes of Millrace out of one directory. Methods may be
 * called from any thread, one at a time.
 */
public final class EmbeddedKafka implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedKafka.class);
  private static final Duration STOP_BOUND = Duration.ofSeconds(30);

  // How many times any broker of this JVM has given up.
  private static final AtomicLong GIVEN_UP = new AtomicLong();

  private final Builder chosen;
  private final KafkaLog log;
  private final DirectoryLock lock;
  private final @Nullable Path temporary;
  private int port;
  private long givenUpBefore;
  private @Nullable KafkaRaftServer server;

  private EmbeddedKafka(
      Builder chosen, KafkaLog log, DirectoryLock lock, @Nullable Path temporary) {
    this.chosen = chosen;
    this.log = log;
    this.lock = lock;
    this.temporary = temporary;
  }

  public static Builder builder() {
    return new Builder();
  }

  public int port() {
    return port;
  }

  /** What clients want as {@code bootstrap.servers}. */
  public String bootstrapServers() {
    return LoopbackPort.HOST + ":" + port;
  }

  /**
   * Whether the broker wanted to end its process, as it does when its disk is full. It stays in the
   * state it is in until {@link #restart}. With several brokers in a JVM it is said of all of them.
   */
  public boolean hasGivenUp() {
    return GIVEN_UP.get() > givenUpBefore;
  }

  // The broker's process is ours: the services in it must outlive it.
  private static void keepTheProcess() {
    Exit.Procedure refuse =
        (status, message) -> {
          GIVEN_UP.incrementAndGet();
          LOG.error("Kafka gives up ({}): {}", status, message);
          throw new ServerFailed("Kafka gives up: " + message);
        };
    Exit.setExitProcedure(refuse);
    Exit.setHaltProcedure(refuse);
  }

  private void launch() throws IOException {
    if (chosen.keepsTheProcess) {
      keepTheProcess();
    }
    givenUpBefore = GIVEN_UP.get();
    log.format(KafkaSettings.NODE, KafkaSettings.CONTROLLER);
    if (chosen.port != 0 || (port != 0 && LoopbackPort.isFree(port))) {
      port = chosen.port != 0 ? chosen.port : port;
      LoopbackPort.requireFree(port, "Kafka");
    } else {
      port = LoopbackPort.free();
    }
    var properties =
        new KafkaSettings(chosen.settings).properties(log.directory(), port, LoopbackPort.free());
    var fresh = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
    server = fresh;
    try {
      fresh.startup();
    } catch (RuntimeException e) {
      stop();
      throw new ServerFailed("Kafka does not start in %s: %s".formatted(log.base(), e), e);
    }
  }

  /** Stops the broker in good order; does nothing to a stopped one. */
  public void stop() {
    KafkaRaftServer running = server;
    if (running == null) {
      return;
    }
    server = null;
    var ended = new CountDownLatch(1);
    Thread.ofPlatform()
        .daemon()
        .name("kafka-stop")
        .start(() -> {
          running.shutdown();
          running.awaitShutdown();
          ended.countDown();
        });
    try {
      if (!ended.await(STOP_BOUND.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("Kafka in {} does not stop; it recovers at its next start", log.base());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Stops the broker and makes its next start one after a crash. Its threads cannot be killed one
   * by one, so what it wrote is flushed nonetheless: to lose that, run it by {@link KafkaProcess}.
   */
  public void kill() {
    stop();
    try {
      log.forgetCleanShutdown();
    } catch (IOException e) {
      throw new ServerFailed("cannot make it look like a crash in " + log.base(), e);
    }
  }

  /** Stops the broker if it runs, and starts it on the same port with the same data. */
  public void restart() {
    stop();
    try {
      launch();
    } catch (IOException e) {
      throw new ServerFailed("cannot restart Kafka in " + log.base(), e);
    }
  }

  /** Stops the broker, gives the directory back and, if it was a temporary one, deletes it. */
  @Override
  public void close() {
    stop();
    try {
      if (temporary != null) {
        DirectoryTree.delete(temporary);
      }
      lock.close();
    } catch (IOException e) {
      throw new ServerFailed("cannot let go of " + log.base(), e);
    }
  }

  /** What a caller may choose; all of it has a default. */
  public static final class Builder {

    private @Nullable Path directory;
    private int port;
    private boolean keepsTheProcess = true;
    private final Map<String, String> settings = new LinkedHashMap<>();

    private Builder() {}

    /** Where the data stays. Without it, a temporary directory that is deleted on close. */
    public Builder dataDirectory(Path path) {
      this.directory = path.toAbsolutePath().normalize();
      return this;
    }

    /** The port; 0, the default, takes a free one. */
    public Builder port(int number) {
      this.port = number;
      return this;
    }

    /** One property of the broker's configuration. */
    public Builder setting(String name, String value) {
      settings.put(name, value);
      return this;
    }

    /** Lets the broker end the process when it gives up: for a process that is the broker's own. */
    Builder endsTheProcess() {
      keepsTheProcess = false;
      return this;
    }

    /** Starts the broker; returns when it answers. */
    public EmbeddedKafka start() {
      Path home = directory;
      try {
        if (home == null) {
          var fresh = TemporaryDirectory.create("millrace-kafka-", abandoned -> {});
          return start(new KafkaLog(fresh.path()), fresh.lock(), fresh.path());
        }
        DirectoryTree.createPrivate(home);
        return start(new KafkaLog(home.toRealPath()), DirectoryLock.lock(home), null);
      } catch (IOException e) {
        throw new ServerFailed("cannot start Kafka: " + e, e);
      }
    }

    private EmbeddedKafka start(KafkaLog log, DirectoryLock lock, @Nullable Path temporary)
        throws IOException {
      var broker = new EmbeddedKafka(this, log, lock, temporary);
      try {
        broker.launch();
        return broker;
      } catch (IOException | RuntimeException e) {
        broker.close();
        throw e;
      }
    }
  }
}
