package io.millrace.testkit;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.PullResponseItem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.ContainerLaunchException;
import org.testcontainers.kafka.KafkaContainer;

/**
 * A broker in a container. Its port is bound and not mapped: a mapped one would be another after
 * each restart.
 */
final class ContainerKafkaFixture implements KafkaFixture {

  static final String IMAGE = "apache/kafka:4.3.1";

  private static final Logger LOG = LoggerFactory.getLogger(ContainerKafkaFixture.class);
  private static final Duration PULL_BOUND = Duration.ofSeconds(60);
  private static final Duration START_BOUND = Duration.ofSeconds(60);

  private final KafkaContainer container;
  private final String bootstrapServers;

  private ContainerKafkaFixture(KafkaContainer container, String bootstrapServers) {
    this.container = container;
    this.bootstrapServers = bootstrapServers;
  }

  /** Nothing where no Docker engine answers, or none that has the image or gets it soon. */
  static Optional<KafkaFixture> startIfPossible() {
    try {
      if (!mayHaveDocker()
          || !DockerClientFactory.instance().isDockerAvailable()
          || !hasImage(DockerClientFactory.instance().client())) {
        return Optional.empty();
      }
      return Optional.of(start());
    } catch (DockerException | ContainerLaunchException | IllegalStateException e) {
      LOG.warn("no Kafka in a container: {}", e.toString());
      return Optional.empty();
    }
  }

  // Asked first, because Testcontainers calls it an error that there is none.
  private static boolean mayHaveDocker() {
    String home = System.getProperty("user.home");
    String runtime = System.getenv().getOrDefault("XDG_RUNTIME_DIR", home);
    return System.getenv("DOCKER_HOST") != null
        || Stream.of(
                Path.of("/var/run/docker.sock"),
                Path.of(home, ".docker", "run", "docker.sock"),
                Path.of(runtime, "docker.sock"),
                Path.of(home, ".testcontainers.properties"))
            .anyMatch(Files::exists);
  }

  private static boolean hasImage(DockerClient docker) {
    try {
      docker.inspectImageCmd(IMAGE).exec();
      return true;
    } catch (NotFoundException absent) {
      try {
        return docker
            .pullImageCmd(IMAGE)
            .exec(new ResultCallback.Adapter<PullResponseItem>())
            .awaitCompletion(PULL_BOUND.toSeconds(), TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
  }

  // The container belongs to the fixture, which closes it.
  @SuppressWarnings("resource")
  private static KafkaFixture start() {
    int port = freePort();
    var container =
        new KafkaContainer(IMAGE)
            .withEnv(
                Map.of(
                    "KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false",
                    "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR", "1",
                    "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR", "1",
                    "KAFKA_GROUP_SHARE_HEARTBEAT_INTERVAL_MS", "1000",
                    "KAFKA_GROUP_SHARE_MIN_HEARTBEAT_INTERVAL_MS", "1000",
                    "KAFKA_BROKER_SESSION_TIMEOUT_MS", "3000",
                    "KAFKA_BROKER_HEARTBEAT_INTERVAL_MS", "500"))
            .withStartupTimeout(START_BOUND);
    container.setPortBindings(List.of(port + ":9092"));
    container.start();
    return new ContainerKafkaFixture(container, container.getBootstrapServers());
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String bootstrapServers() {
    return bootstrapServers;
  }

  private boolean isRunning() {
    var state =
        container
            .getDockerClient()
            .inspectContainerCmd(container.getContainerId())
            .exec()
            .getState();
    return Boolean.TRUE.equals(state.getRunning());
  }

  @Override
  public void stop() {
    if (isRunning()) {
      container.getDockerClient().stopContainerCmd(container.getContainerId()).exec();
    }
  }

  @Override
  public void kill() {
    if (isRunning()) {
      container.getDockerClient().killContainerCmd(container.getContainerId()).exec();
    }
  }

  @Override
  public void restart() {
    stop();
    container.getDockerClient().startContainerCmd(container.getContainerId()).exec();
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            bootstrapServers,
            "default.api.timeout.ms",
            Math.toIntExact(START_BOUND.toMillis()));
    try (Admin admin = Admin.create(settings)) {
      admin.describeCluster().nodes().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the broker does not answer after its restart", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    container.stop();
  }
}
