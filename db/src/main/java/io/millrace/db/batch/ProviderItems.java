package io.millrace.db.batch;

import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What provider batches hold. An item leaves its provider batch by a settlement, as a job leaves
 * its worker; here it is marked as sent or not, and moved from one to another.
 */
public final class ProviderItems {

  /** Works out anew when an item that the batch holds has to go on without it. */
  static final String SWITCH_AT =
      """
      update provider_batch b set switch_at = (
        select min(case when j.batch_until > now() and (j.retry_ambiguous or not j.sending)
          then least(j.batch_until, j.expires_at) else j.expires_at end)
        from job j where j.worker_id = b.id and j.state = 'running')
      where b.id = ?
      """;

  private static final String MARK =
      """
      update job set sending = true, sending_since = now()
      where worker_id = ? and state = 'running' returning id, params_bytes
      """;

  private static final String UNMARK =
      "update job set sending = false where worker_id = ? and state = 'running' and sending";

  // The second half, in id order; its claims are new ones, so that nobody takes them for the old.
  private static final String SPLIT =
      """
      with half as (
        select id from job where worker_id = ? and state = 'running' order by id
        offset ? for update)
      update job set worker_id = ?, claim_no = claim_no + 1, sending = false from half where job.id = half.id
      returning job.params_bytes
      """;

  private final Database database;

  public ProviderItems(Database database) {
    this.database = database;
  }

  /** An item that is to be sent. */
  public record Outgoing(JobId id, int paramsBytes) {}

  /** How many items a provider batch holds, and how many of these are to be canceled. */
  public record Holding(int held, int canceled) {
    public boolean isWanted() {
      return held > canceled;
    }
  }

  /**
   * Notes that the items which the batch holds are about to be sent.
   *
   * @return these, in id order; empty where the fence no longer holds
   */
  public Optional<List<Outgoing>> beginSending(ProviderBatch batch) {
    return database.transaction(connection -> {
      try (var update =
          connection.prepareStatement(
              """
              update provider_batch set state = 'sending', sent_at = now(), sends = sends + 1
              where id = ? and drive_no = ? and state = 'gathered'
              """)) {
        update.setObject(1, batch.id());
        update.setInt(2, batch.driveNo());
        if (update.executeUpdate() == 0) {
          return Optional.empty();
        }
      }
      List<Outgoing> items = mark(connection, batch.id());
      try (var update =
          connection.prepareStatement(
              "update provider_batch set items = ?, bytes = ? where id = ?")) {
        update.setInt(1, items.size());
        update.setLong(
            2, items.stream().mapToLong(item -> item.paramsBytes() + (long) Gathering.FRAME).sum());
        update.setObject(3, batch.id());
        update.executeUpdate();
      }
      return Optional.of(items);
    });
  }

  private static List<Outgoing> mark(Connection connection, UUID id) throws SQLException {
    try (var update = connection.prepareStatement(MARK)) {
      update.setObject(1, id);
      List<Outgoing> items = new ArrayList<>();
      try (var rows = update.executeQuery()) {
        while (rows.next()) {
          items.add(new Outgoing(new JobId(rows.getObject(1, UUID.class)), rows.getInt(2)));
        }
      }
      items.sort(Comparator.comparing(Outgoing::id));
      return items;
    }
  }

  /**
   * The provider does not have it, for certain: the items wait, unsent, for the next try.
   *
   * @param status of the reply, if there was one
   */
  public boolean notTaken(
      ProviderBatch batch, Duration pause, @Nullable Integer status, @Nullable String error) {
    return database.transaction(connection -> {
      boolean held =
          ProviderRows.step(
              connection,
              batch,
              pause,
              "state = 'gathered', refused = false, lost_at = null, http_status = ?, error = ?",
              Arrays.asList(status, error));
      if (held) {
        unmark(connection, batch.id());
      }
      return held;
    });
  }

  private static void unmark(Connection connection, UUID id) throws SQLException {
    try (var update = connection.prepareStatement(UNMARK);
        var again = connection.prepareStatement(SWITCH_AT)) {
      update.setObject(1, id);
      update.executeUpdate();
      again.setObject(1, id);
      again.executeUpdate();
    }
  }

  /**
   * Halves a batch that the provider refused for good: one of its items is to blame.
   *
   * @return how many items the other half has; 0 where the fence no longer holds
   */
  public int split(ProviderBatch batch, UUID other) {
    return database.transaction(connection -> {
      int held = holding(connection, batch.id()).held();
      if (held < 2
          || !ProviderRows.step(
              connection, batch, Duration.ZERO, "state = 'gathered'", List.of())) {
        return 0;
      }
      int moved = 0;
      long bytes = 0;
      try (var split = connection.prepareStatement(SPLIT)) {
        split.setObject(1, batch.id());
        split.setInt(2, (held + 1) / 2);
        split.setObject(3, other);
        try (var rows = split.executeQuery()) {
          while (rows.next()) {
            moved++;
            bytes += rows.getInt(1) + (long) Gathering.FRAME;
          }
        }
      }
      try (var insert =
          connection.prepareStatement(
              """
              insert into provider_batch (id, state, anthropic_version, anthropic_beta, items, bytes)
              select ?, 'gathered', anthropic_version, anthropic_beta, ?, ? from provider_batch where id = ?
              """)) {
        insert.setObject(1, other);
        insert.setInt(2, moved);
        insert.setLong(3, bytes);
        insert.setObject(4, batch.id());
        insert.executeUpdate();
      }
      unmark(connection, batch.id());
      unmark(connection, other);
      return moved;
    });
  }

  /** What the batch holds now. */
  public Holding holding(UUID id) {
    return database.single(connection -> holding(connection, id));
  }

  private static Holding holding(Connection connection, UUID id) throws SQLException {
    try (var select =
        connection.prepareStatement(
            """
            select count(*), count(cancel_requested_at) from job where worker_id = ? and state = 'running'
            """)) {
      select.setObject(1, id);
      try (var row = select.executeQuery()) {
        row.next();
        return new Holding(row.getInt(1), row.getInt(2));
      }
    }
  }

  /** Batches of which an item has to go on. */
  public List<UUID> toSwitch(int limit) {
    return database
        .dsl()
        .fetch(
            "select id from provider_batch where switch_at <= now() order by switch_at limit ?",
            limit)
        .getValues(0, UUID.class);
  }

  /** Works out when the next item has to go on. */
  public void reschedule(UUID id) {
    database.single(connection -> {
      try (var update = connection.prepareStatement(SWITCH_AT)) {
        update.setObject(1, id);
        return update.executeUpdate();
      }
    });
  }
}
