package io.millrace.db.batch;

import io.millrace.db.sql.Database;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Provider batches on their way: who drives which, and how far each is. Whoever drives one does so
 * under a lease, and under the number of that lease as fence: a step of somebody who lost it
 * changes nothing. Times are the database's.
 */
public final class ProviderBatches {

  private static final String TAKE =
      """
      with due as (
        select id from provider_batch where state <> 'settled' and due_at <= now()
        order by due_at limit ? for update skip locked)
      update provider_batch b set driver = ?, drive_no = b.drive_no + 1, due_at = now() + ? * interval '1 millisecond'
      from due where b.id = due.id
      returning \
      """
          + ProviderRows.COLUMNS;

  private static final String EXTEND =
      """
      update provider_batch b set due_at = now() + ? * interval '1 millisecond'
      from unnest(?, ?) as n(id, drive_no)
      where b.id = n.id and b.drive_no = n.drive_no and b.driver = ? returning b.id
      """;

  private final Database database;

  public ProviderBatches(Database database) {
    this.database = database;
  }

  /**
   * Takes what is due, longest first; nobody else does before {@code lease} is over.
   *
   * @param most how many at most
   */
  public List<ProviderBatch> take(UUID driver, int most, Duration lease) {
    return database.single(connection -> {
      try (var update = connection.prepareStatement(TAKE)) {
        update.setInt(1, most);
        update.setObject(2, driver);
        update.setLong(3, lease.toMillis());
        return batches(update);
      }
    });
  }

  /** Extends these leases; returns which of them still held. */
  public Set<UUID> extend(UUID driver, Map<UUID, Integer> fences, Duration lease) {
    List<UUID> ids = List.copyOf(fences.keySet());
    return database.single(connection -> {
      try (var update = connection.prepareStatement(EXTEND)) {
        update.setLong(1, lease.toMillis());
        update.setArray(2, connection.createArrayOf("uuid", ids.toArray()));
        update.setArray(
            3, connection.createArrayOf("int4", ids.stream().map(fences::get).toArray()));
        update.setObject(4, driver);
        try (var rows = update.executeQuery()) {
          var held = new HashSet<UUID>();
          while (rows.next()) {
            held.add(rows.getObject(1, UUID.class));
          }
          return held;
        }
      }
    });
  }

  /** Gives the lease up: the next step is due after {@code pause}. */
  public boolean pause(ProviderBatch batch, Duration pause) {
    return step(batch, pause, "polls = polls", List.of());
  }

  /**
   * The provider has it, as its reply to the create says. Whoever heard that is believed, fence or
   * not, unless something else is known already.
   */
  public boolean taken(
      ProviderBatch batch, String providerId, @Nullable Instant expiresAt, Duration pause) {
    return database
            .dsl()
            .execute(
                """
                update provider_batch set state = 'processing', provider_id = ?, proven = true, provider_expires_at = cast(? as timestamptz),
                  lost_at = null, refused = false, http_status = null, error = null, driver = null,
                  drive_no = drive_no + 1, due_at = now() + ? * interval '1 millisecond'
                where id = ? and state in ('sending', 'lost') and provider_id is null
                """,
                providerId,
                expiresAt == null ? null : expiresAt.toString(),
                pause.toMillis(),
                batch.id())
        == 1;
  }

  /**
   * No reply came, or one that says nothing.
   *
   * @param refused whether a complete reply said that it was not taken: one look is enough
   */
  public boolean lost(ProviderBatch batch, boolean refused, String error, Duration pause) {
    return step(
        batch,
        pause,
        "state = 'lost', lost_at = coalesce(lost_at, now()), refused = ?, error = ?",
        List.of(refused, error));
  }

  /** One in the provider's list may be it: its results will tell. */
  public boolean adopt(ProviderBatch batch, String providerId, Duration pause) {
    return step(
        batch,
        pause,
        "state = 'processing', provider_id = ?, proven = false, not_found_since = null",
        List.of(providerId));
  }

  /** Which of these are known, as this batch or that; and whether that is proven. */
  public Map<String, Boolean> known(Collection<String> providerIds) {
    return database
        .dsl()
        .fetch(
            "select provider_id, proven from provider_batch where provider_id = any(?)",
            (Object) providerIds.toArray(String[]::new))
        .intoMap(row -> row.get(0, String.class), row -> row.get(1, Boolean.class));
  }

  /** What was adopted is another's: the search goes on. */
  public boolean disprove(ProviderBatch batch, Duration pause) {
    return step(
        batch,
        pause,
        "state = 'lost', strangers = strangers || provider_id, provider_id = null, reads = 0, polls = 0",
        List.of());
  }

  /** Its results told that it is ours. */
  public boolean prove(ProviderBatch batch) {
    return database
            .dsl()
            .execute(
                "update provider_batch set proven = true where id = ? and drive_no = ?",
                batch.id(),
                batch.driveNo())
        == 1;
  }

  /** It was looked at and is not done. */
  public boolean polled(ProviderBatch batch, Duration pause) {
    return step(
        batch,
        pause,
        "polls = polls + 1, not_found_since = null, http_status = null, error = null",
        List.of());
  }

  /** A look at it failed. */
  public boolean unseen(
      ProviderBatch batch, Duration pause, @Nullable Integer status, @Nullable String error) {
    return step(
        batch,
        pause,
        "polls = polls + 1, http_status = ?, error = ?",
        Arrays.asList(status, error));
  }

  /** The provider says that it knows no such batch. */
  public boolean notFound(ProviderBatch batch, Duration pause) {
    return step(
        batch,
        pause,
        "polls = polls + 1, not_found_since = coalesce(not_found_since, now()), http_status = 404",
        List.of());
  }

  /** The provider was asked to cancel it. */
  public boolean cancelAsked(ProviderBatch batch) {
    return database
            .dsl()
            .execute(
                "update provider_batch set cancel_requested_at = now() where id = ? and drive_no = ?",
                batch.id(),
                batch.driveNo())
        == 1;
  }

  /** The provider is done with it. */
  public boolean ended(ProviderBatch batch) {
    return step(
        batch,
        Duration.ZERO,
        "state = 'ended', ended_at = coalesce(ended_at, now()), polls = 0, not_found_since = null",
        List.of());
  }

  /** Its results were read to their end, and some are missing. */
  public boolean reread(ProviderBatch batch, Duration pause) {
    return step(batch, pause, "reads = reads + 1, not_found_since = null", List.of());
  }

  /** Its items went on without it; it is still looked for, less and less. */
  public boolean giveUp(ProviderBatch batch, String error, Duration pause) {
    return step(batch, pause, "state = 'given_up', error = ?", List.of(error));
  }

  /**
   * Nothing is held and nothing is to come.
   *
   * @return false where the fence no longer holds, or something is held still
   */
  public boolean settle(ProviderBatch batch) {
    return step(
        batch,
        Duration.ZERO,
        "state = 'settled', settled_at = now(), switch_at = null",
        " and not exists (select from job where worker_id = provider_batch.id and state = 'running')",
        List.of());
  }

  /** How many there are in each state, settled ones left out. */
  public Map<ProviderState, Integer> depths() {
    Map<ProviderState, Integer> depths = new HashMap<>();
    database
        .dsl()
        .fetch(
            "select state, count(*)::int from provider_batch where state <> 'settled' group by state")
        .forEach(row ->
            depths.put(ProviderState.parse(row.get(0, String.class)), row.get(1, Integer.class)));
    return depths;
  }

  private boolean step(ProviderBatch batch, Duration pause, String sets, List<?> values) {
    return step(batch, pause, sets, "", values);
  }

  private boolean step(
      ProviderBatch batch, Duration pause, String sets, String guard, List<?> values) {
    return database.single(
        connection -> ProviderRows.step(connection, batch, pause, sets, guard, values));
  }

  private static List<ProviderBatch> batches(PreparedStatement statement) throws SQLException {
    List<ProviderBatch> batches = new ArrayList<>();
    try (var rows = statement.executeQuery()) {
      while (rows.next()) {
        batches.add(ProviderRows.batch(rows));
      }
    }
    return batches;
  }
}
