package io.millrace.cli.bench;

import io.millrace.cli.bench.Breakdown.Row;
import io.millrace.cli.bench.Load.Accepted;
import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.job.Topics;
import io.millrace.simulator.journal.Received;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jooq.exception.DataAccessException;

/**
 * The way of single jobs, put together after the run from what the load, PostgreSQL, the jobs topic
 * and the simulator have noted down at the time: nothing of it costs the run anything.
 */
final class Trace {

  private static final Duration POLL = Duration.ofSeconds(1);
  private static final int SILENT_POLLS = 5;
  private static final int BATCH = 2_000;

  private static final String ROWS =
      """
      select j.id, micros(j.created_at), micros(j.started_at), micros(a.started_at), micros(a.finished_at),
        micros(j.finished_at)
      from unnest(?) as n(id)
      join job j using (id)
      join attempt a on a.job_id = j.id and a.no = 1
      where j.finished_at is not null
      """
          .replaceAll("micros\\(([^)]*)\\)", "(extract(epoch from $1) * 1000000)::bigint");

  private Trace() {}

  /** One job's stations, in microseconds by {@link WallClock}. */
  record Stations(
      Accepted accepted,
      long created,
      long released,
      long claimed,
      long called,
      long received,
      long answered,
      long recorded) {}

  private record Stored(long created, long claimed, long called, long answered, long recorded) {}

  /** Of all these jobs that can be followed all the way. */
  static List<Stations> of(BenchStack stack, List<Accepted> jobs) throws IOException {
    if (jobs.isEmpty()) {
      return List.of();
    }
    long first = jobs.stream().mapToLong(Accepted::intended).min().orElseThrow();
    var ids = jobs.stream().map(Accepted::job).collect(Collectors.toSet());
    Map<String, Long> released = released(stack, ids, first / 1000 - 1_000);
    Map<String, Stored> stored = stored(stack, ids);
    Map<String, Long> received = received(stack.simulator().journal());
    List<Stations> stations = new ArrayList<>();
    for (Accepted job : jobs) {
      var row = stored.get(job.job());
      Long at = received.get(job.job());
      Long let = released.get(job.job());
      if (row != null && at != null && let != null) {
        stations.add(
            new Stations(
                job, row.created, let, row.claimed, row.called, at, row.answered, row.recorded));
      }
    }
    return stations;
  }

  /** When Claude had each job's first call. */
  static Map<String, Long> received(List<Received> journal) {
    Map<String, Long> received = new HashMap<>();
    for (Received call : journal) {
      if (call.job() != null) {
        received.putIfAbsent(call.job(), WallClock.micros(call.at()));
      }
    }
    return received;
  }

  static Breakdown breakdown(String title, List<Stations> stations) {
    return new Breakdown(
        title,
        List.of("p50", "p99"),
        List.of(
            row(
                "the load: meant to go -> sent",
                stations,
                s -> s.accepted.sent() - s.accepted.intended()),
            row("accept: sent -> 202", stations, s -> s.accepted.answered() - s.accepted.sent()),
            row(
                "  of it until its transaction began",
                stations,
                s -> s.created - s.accepted.sent()),
            row("transaction began -> released", stations, s -> s.released - s.created),
            row("released -> claimed", stations, s -> s.claimed - s.released),
            row("claimed -> call began", stations, s -> s.called - s.claimed),
            row("call began -> Claude has it", stations, s -> s.received - s.called),
            row("Claude has it -> answer read", stations, s -> s.answered - s.received),
            row("answer read -> recorded", stations, s -> s.recorded - s.answered),
            row(
                "all: meant to go -> Claude has it",
                stations,
                s -> s.received - s.accepted.intended()),
            row(
                "all: meant to go -> recorded",
                stations,
                s -> s.recorded - s.accepted.intended())));
  }

  private static Row row(String name, List<Stations> stations, ToLongFunction<Stations> hop) {
    var sample = Sample.of(stations.stream().mapToLong(hop).toArray());
    return new Row(name, List.of(sample.millis(0.5), sample.millis(0.99)));
  }

  private static Map<String, Stored> stored(BenchStack stack, Collection<String> ids)
      throws IOException {
    Map<String, Stored> stored = new HashMap<>();
    List<UUID> wanted = ids.stream().map(id -> JobId.parse(id).orElseThrow().uuid()).toList();
    try (var database = Database.open(stack.database(), "bench", 1)) {
      for (int from = 0; from < wanted.size(); from += BATCH) {
        var batch = wanted.subList(from, Math.min(from + BATCH, wanted.size()));
        database.single(connection -> read(connection, batch, stored));
      }
    } catch (DataAccessException unreachable) {
      throw new IOException("the database could not be asked", unreachable);
    }
    return stored;
  }

  private static int read(Connection connection, List<UUID> ids, Map<String, Stored> stored)
      throws SQLException {
    try (var select = connection.prepareStatement(ROWS)) {
      select.setArray(1, connection.createArrayOf("uuid", ids.toArray()));
      try (var row = select.executeQuery()) {
        while (row.next()) {
          stored.put(
              new JobId(row.getObject(1, UUID.class)).toString(),
              new Stored(
                  row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5), row.getLong(6)));
        }
      }
    }
    return stored.size();
  }

  // The dispatcher's mark is gone with the claim; the record that followed it has its time.
  private static Map<String, Long> released(
      BenchStack stack, Collection<String> ids, long sinceMillis) {
    Map<String, Long> released = new HashMap<>();
    Map<String, Object> properties = new HashMap<>();
    properties.put("bootstrap.servers", stack.kafka());
    properties.put("auto.offset.reset", "latest");
    properties.put("enable.auto.commit", false);
    try (var consumer =
        new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.JOBS).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      var ends = consumer.endOffsets(partitions);
      var starts =
          consumer.offsetsForTimes(
              partitions.stream().collect(Collectors.toMap(p -> p, _ -> sinceMillis)));
      starts.forEach((partition, start) ->
          consumer.seek(
              partition, start == null ? ends.getOrDefault(partition, 0L) : start.offset()));
      int silent = 0;
      while (silent < SILENT_POLLS
          && partitions.stream().anyMatch(p -> consumer.position(p) < ends.getOrDefault(p, 0L))) {
        var records = consumer.poll(POLL);
        silent = records.isEmpty() ? silent + 1 : 0;
        records.forEach(record -> {
          if (ids.contains(record.key())) {
            released.putIfAbsent(record.key(), record.timestamp() * 1_000);
          }
        });
      }
    }
    return released;
  }
}
