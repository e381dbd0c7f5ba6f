package io.millrace.testkit;

import io.millrace.embedded.EmbeddedKafka;

/** A broker in this JVM. */
record EmbeddedKafkaFixture(EmbeddedKafka kafka) implements KafkaFixture {

  static EmbeddedKafkaFixture start() {
    return new EmbeddedKafkaFixture(EmbeddedKafka.builder().start());
  }

  @Override
  public String bootstrapServers() {
    return kafka.bootstrapServers();
  }

  @Override
  public void stop() {
    kafka.stop();
  }

  @Override
  public void kill() {
    kafka.kill();
  }

  @Override
  public void restart() {
    kafka.restart();
  }

  @Override
  public void close() {
    kafka.close();
  }
}
