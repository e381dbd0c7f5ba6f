package io.millrace.db.batch;

import io.millrace.db.job.Pauses;
import io.millrace.db.sql.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Makes provider batches of the items that wait, oldest first. What is gathered together has one
 * version and the same betas, since these are headers of the whole.
 */
public final class Gathering {

  /** What an item takes in the body beside its params: its custom_id and the frame. */
  public static final int FRAME = 64;

  private static final int PORTION = 5_000;
  private static final long ONE_AT_A_TIME = 7305809159410119L;

  private static final String WAITING =
      """
      job.batch_id = b.id and job.state = 'queued' and job.batch_until > now() and job.due_at <= now()
        and job.expires_at > now() and job.requested_model is null
        and job.tenant_id <> all(%s) and job.pool <> all(%s)
      """
          .formatted(Pauses.PAUSED_TENANTS, Pauses.CLOSED_POOLS);

  private static final String OPEN =
      "b.ended_at is null and b.backend <> 'queue' and b.cancel_initiated_at is null and b.deleted_at is null";

  // The window holds several full groups of the oldest batches: behind them others wait their turn.
  private static final String GROUPS =
      """
      select anthropic_version, anthropic_beta, count(*), sum(size),
        (extract(epoch from now() - min(due_at)) * 1000)::bigint
      from (
        select b.anthropic_version, b.anthropic_beta, i.size, i.due_at
        from batch b cross join lateral (
          select job.params_bytes + %d::bigint as size, job.due_at from job where %s order by job.id limit ?) i
        where %s order by b.id limit ?) waiting
      group by 1, 2 order by min(due_at)
      """
          .formatted(FRAME, WAITING, OPEN);

  private static final String CLAIM =
      """
      with candidates as materialized (
        select i.id, i.size from batch b cross join lateral (
          select job.id, job.params_bytes + %d::bigint as size from job where %s order by job.id limit ?
          for update skip locked) i
        where %s and b.anthropic_version = ? and b.anthropic_beta is not distinct from ?
        order by b.id limit ?),
      chosen as (
        select id, size from (
          select id, size, sum(size) over (order by id) as upto, row_number() over (order by id) as no from candidates) s
        where upto <= ? or (no = 1 and ?)),
      claimed as (
        update job set state = 'running', worker_id = ?, claim_no = claim_no + 1, sending = false, sending_since = null,
          started_at = coalesce(started_at, now()), parked_until = null, released_at = null
        from chosen where job.id = chosen.id
        returning chosen.size)
      select count(*), coalesce(sum(size), 0) from claimed
      """
          .formatted(FRAME, WAITING, OPEN);

  private static final String ENQUEUED =
      "select coalesce(sum(items), 0) from provider_batch where state not in ('ended', 'given_up', 'settled')";

  private final Database database;

  public Gathering(Database database) {
    this.database = database;
  }

  /**
   * When items are gathered.
   *
   * @param maxItems in one provider batch
   * @param maxBytes of its body
   * @param maxWait how long the oldest waits for others
   * @param enqueued how many items may be with the provider, in all provider batches together
   */
  public record Terms(int maxItems, long maxBytes, Duration maxWait, long enqueued) {}

  /** What was gathered. */
  public record Gathered(UUID id, int items, long bytes) {}

  private record Group(
      String version, String @Nullable [] betas, long items, long bytes, Duration waited) {}

  /**
   * Gathers one provider batch, if there is a group that is full or has waited. Only one gathers at
   * a time, so that nothing is torn apart.
   */
  public Optional<Gathered> gather(UUID id, Terms terms) {
    return database.transaction(connection -> {
      if (!isAlone(connection)) {
        return Optional.empty();
      }
      long room = terms.enqueued() - enqueued(connection);
      for (Group group : groups(connection, terms.maxItems())) {
        boolean full = group.items() >= terms.maxItems() || group.bytes() >= terms.maxBytes();
        boolean waited = group.waited().compareTo(terms.maxWait()) >= 0;
        // Crumbs would only make more batches of the same items.
        long wanted =
            Math.min(Math.min(group.items(), terms.maxItems()), Math.max(1, terms.enqueued()));
        if ((full || waited) && room >= wanted) {
          return claim(connection, id, group, (int) wanted, terms.maxBytes());
        }
      }
      return Optional.empty();
    });
  }

  private static boolean isAlone(Connection connection) throws SQLException {
    try (var select = connection.prepareStatement("select pg_try_advisory_xact_lock(?)")) {
      select.setLong(1, ONE_AT_A_TIME);
      try (var row = select.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  private static long enqueued(Connection connection) throws SQLException {
    try (var select = connection.prepareStatement(ENQUEUED);
        var row = select.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  private static List<Group> groups(Connection connection, int maxItems) throws SQLException {
    try (var select = connection.prepareStatement(GROUPS)) {
      select.setInt(1, maxItems);
      select.setInt(2, 2 * maxItems);
      List<Group> groups = new ArrayList<>();
      try (var rows = select.executeQuery()) {
        while (rows.next()) {
          var betas = rows.getArray(2);
          groups.add(
              new Group(
                  rows.getString(1),
                  betas == null ? null : (String[]) betas.getArray(),
                  rows.getLong(3),
                  rows.getLong(4),
                  Duration.ofMillis(rows.getLong(5))));
        }
      }
      return groups;
    }
  }

  private static Optional<Gathered> claim(
      Connection connection, UUID id, Group group, int maxItems, long maxBytes)
      throws SQLException {
    int items = 0;
    long bytes = 0;
    try (var claim = connection.prepareStatement(CLAIM)) {
      var betas = group.betas() == null ? null : connection.createArrayOf("text", group.betas());
      int portion;
      do {
        portion = Math.min(PORTION, maxItems - items);
        claim.setInt(1, portion);
        claim.setString(2, group.version());
        claim.setArray(3, betas);
        claim.setInt(4, portion);
        claim.setLong(5, maxBytes - bytes);
        claim.setBoolean(6, items == 0);
        claim.setObject(7, id);
        try (var row = claim.executeQuery()) {
          row.next();
          portion -= row.getInt(1);
          items += row.getInt(1);
          bytes += row.getLong(2);
        }
      } while (portion == 0 && items < maxItems);
    }
    if (items == 0) {
      return Optional.empty();
    }
    insert(connection, new Gathered(id, items, bytes), group);
    return Optional.of(new Gathered(id, items, bytes));
  }

  private static void insert(Connection connection, Gathered gathered, Group group)
      throws SQLException {
    try (var insert =
            connection.prepareStatement(
                """
                insert into provider_batch (id, state, anthropic_version, anthropic_beta, items, bytes)
                values (?, 'gathered', ?, ?, ?, ?)
                """);
        var update = connection.prepareStatement(ProviderItems.SWITCH_AT)) {
      insert.setObject(1, gathered.id());
      insert.setString(2, group.version());
      insert.setArray(
          3, group.betas() == null ? null : connection.createArrayOf("text", group.betas()));
      insert.setInt(4, gathered.items());
      insert.setLong(5, gathered.bytes());
      insert.executeUpdate();
      update.setObject(1, gathered.id());
      update.executeUpdate();
    }
  }
}
