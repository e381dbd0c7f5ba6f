package io.millrace.testkit;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * An empty Kafka: one for the test class when registered in a static field, one for each test when
 * registered in an instance field. In a container where a Docker engine with the image answers,
 * else the embedded broker; both keep the same contract.
 */
public final class KafkaExtension
    implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback {

  private final boolean killable;
  private @Nullable KafkaFixture fixture;
  private boolean oneForTheClass;

  private KafkaExtension(boolean killable) {
    this.killable = killable;
  }

  public static KafkaExtension any() {
    return new KafkaExtension(false);
  }

  /** A broker in a process of its own, whose {@link KafkaFixture#kill} is a real one. */
  public static KafkaExtension killable() {
    return new KafkaExtension(true);
  }

  public KafkaFixture fixture() {
    if (fixture == null) {
      throw new IllegalStateException(
          "there is a broker only while tests run; is the field annotated @RegisterExtension?");
    }
    return fixture;
  }

  public String bootstrapServers() {
    return fixture().bootstrapServers();
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    oneForTheClass = true;
    fixture = start();
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    if (!oneForTheClass) {
      fixture = start();
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    if (!oneForTheClass) {
      close();
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    close();
  }

  private KafkaFixture start() {
    return ContainerKafkaFixture.startIfPossible()
        .orElseGet(killable ? ProcessKafkaFixture::start : EmbeddedKafkaFixture::start);
  }

  private void close() {
    if (fixture != null) {
      fixture.close();
      fixture = null;
    }
  }
}
