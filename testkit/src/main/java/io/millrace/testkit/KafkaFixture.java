package io.millrace.testkit;

/**
 * A real Kafka broker for tests, wherever it runs. It keeps its address and its records through
 * {@link #stop}, {@link #kill} and {@link #restart}.
 */
public interface KafkaFixture extends AutoCloseable {

  /** What clients want as {@code bootstrap.servers}. */
  String bootstrapServers();

  /** Stops the broker in good order. */
  void stop();

  /** Ends the broker as a crash would, as nearly as its kind permits. */
  void kill();

  /** Starts the broker again, after stopping it if it runs; returns when it answers. */
  void restart();

  /** Ends the broker and deletes its records. */
  @Override
  void close();
}
