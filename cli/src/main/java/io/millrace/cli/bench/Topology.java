package io.millrace.cli.bench;

import java.util.List;

/**
 * Which processes make up a stack.
 *
 * @param parts what runs beside PostgreSQL
 * @param settings for api and worker
 * @param apiOptions further options of the api's JVM
 * @param workerOptions further options of the workers' JVMs
 * @param workers how many of them
 */
record Topology(
    Parts parts,
    List<String> settings,
    List<String> apiOptions,
    List<String> workerOptions,
    int workers) {

  /** The processes beside PostgreSQL. */
  enum Parts {
    /** {@code millrace up}: api, worker and Kafka in one process. */
    UP,
    /** Api and Kafka, each in its process; no worker. */
    API,
    /** Api, workers and Kafka, each in its process. */
    API_AND_WORKER
  }

  static Topology of(Parts parts) {
    return new Topology(parts, List.of(), List.of(), List.of(), 1);
  }

  Topology withSettings(String... more) {
    return new Topology(parts, List.of(more), apiOptions, workerOptions, workers);
  }

  Topology withWorkerOptions(String... more) {
    return new Topology(parts, settings, apiOptions, List.of(more), workers);
  }

  Topology withApiOptions(String... more) {
    return new Topology(parts, settings, List.of(more), workerOptions, workers);
  }

  Topology withWorkers(int count) {
    return new Topology(parts, settings, apiOptions, workerOptions, count);
  }
}
