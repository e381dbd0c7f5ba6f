package io.millrace.cli.bench;

import java.util.List;

/**
 * Which processes make up a stack.
 *
 * @param parts what runs beside PostgreSQL
 * @param settings for api and worker
 * @param workerOptions further options of the worker's JVM
 */
record Topology(Parts parts, List<String> settings, List<String> workerOptions) {

  /** The processes beside PostgreSQL. */
  enum Parts {
    /** {@code millrace up}: api, worker and Kafka in one process. */
    UP,
    /** Api and Kafka, each in its process; no worker. */
    API,
    /** Api, worker and Kafka, each in its process. */
    API_AND_WORKER
  }

  static Topology of(Parts parts) {
    return new Topology(parts, List.of(), List.of());
  }

  Topology withSettings(String... more) {
    return new Topology(parts, List.of(more), workerOptions);
  }

  Topology withWorkerOptions(String... more) {
    return new Topology(parts, settings, List.of(more));
  }
}
