package io.millrace.db.job;

import io.millrace.db.job.JobChange.End;
import io.millrace.db.job.JobChange.Labels;
import io.millrace.db.sql.ArrayBinder;
import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.job.JobState;
import io.millrace.job.Lane;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What became of jobs, for streams of events: each question is one for all who listen.
 *
 * <p>The time of an end is that at which its transaction began, so that ends are seen a little out
 * of their order: whoever goes on from a moment has to look back a little behind it.
 */
public final class JobChanges {

  private static final String COLUMNS =
      """
      j.id, j.tenant_id, j.state::text, j.claim_no, j.attempts, j.lane::text, coalesce(j.requested_model, j.model),
        j.custom_id, j.user_id, j.feature, j.batch_id, j.created_at, j.finished_at, j.failure_code
      """;

  private static final String OF = "select " + COLUMNS + " from job j where j.id = any(?)";

  private static final String OTHER_THAN =
      "select "
          + COLUMNS
          + """
          from unnest(?, ?, ?) as k(id, state, claim_no)
          cross join lateral (
            select * from job o
            where o.id = k.id and (o.state::text is distinct from k.state or o.claim_no is distinct from k.claim_no)
            offset 0) j
          """;

  private static final String ENDED_AFTER =
      "select "
          + COLUMNS
          + """
          from job j
          where j.tenant_id = ? and j.finished_at is not null and (j.finished_at, j.id) > (to_time(?), ?)
          order by j.finished_at, j.id limit ?
          """;

  private static final String ENDS_AFTER =
      """
      select t.id, e.finished_at, e.id from unnest(?, ?, ?) as t(id, at, job)
      cross join lateral (
        select j.finished_at, j.id from job j
        where j.tenant_id = t.id and j.finished_at is not null and (j.finished_at, j.id) > (to_time(t.at), t.job)
        order by j.finished_at, j.id limit ?) e
      """;

  /** How late ends may be seen: a longer transaction would have met a bound of ours. */
  public static final Duration LATE = Duration.ofSeconds(30);

  private static final UUID FIRST = new UUID(0, 0);

  private final Database database;

  public JobChanges(Database database) {
    this.database = database;
  }

  /** What is known of a job; null where nothing is. */
  public record Known(JobId id, @Nullable JobState state, int claimNo) {}

  /** The database's time. */
  public Instant now() {
    return database.single(connection -> {
      try (var select = connection.prepareStatement("select now()");
          var row = select.executeQuery()) {
        row.next();
        return Objects.requireNonNull(Rows.time(row, 1));
      }
    });
  }

  /** These jobs as they are, those that there are, in no order. */
  public List<JobChange> of(Collection<JobId> ids) {
    if (ids.isEmpty()) {
      return List.of();
    }
    return database.single(connection -> {
      try (var select = connection.prepareStatement(OF)) {
        new ArrayBinder<>(select, List.copyOf(ids)).ids(id -> id);
        return changes(select);
      }
    });
  }

  /** Those of the jobs that are not as they are known, in no order. */
  public List<JobChange> otherThan(List<Known> known) {
    if (known.isEmpty()) {
      return List.of();
    }
    return database.single(connection -> {
      try (var select = connection.prepareStatement(OTHER_THAN)) {
        new ArrayBinder<>(select, known)
            .ids(Known::id)
            .texts(job -> job.state() == null ? null : job.state().wireName())
            .integers(Known::claimNo);
        return changes(select);
      }
    });
  }

  /** The tenant's next ended jobs behind that one, in the order of their ends. */
  public List<JobChange> endedAfter(int tenantId, End end, int limit) {
    return database.single(connection -> {
      try (var select = connection.prepareStatement(ENDED_AFTER)) {
        select.setInt(1, tenantId);
        select.setLong(2, micros(end.at()));
        select.setObject(3, end.id().uuid());
        select.setInt(4, limit);
        return changes(select);
      }
    });
  }

  /**
   * Of each tenant the next ends behind that one, in their order, at most {@code limit} of each.
   */
  public Map<Integer, List<End>> endsAfter(Map<Integer, End> tenants, int limit) {
    if (tenants.isEmpty()) {
      return Map.of();
    }
    return database.single(connection -> {
      Map<Integer, List<End>> ends = new HashMap<>();
      try (var select = connection.prepareStatement(ENDS_AFTER)) {
        new ArrayBinder<>(select, List.copyOf(tenants.entrySet()))
            .integers(Map.Entry::getKey)
            .times(tenant -> tenant.getValue().at())
            .ids(tenant -> tenant.getValue().id())
            .scalar(limit);
        try (var rows = select.executeQuery()) {
          while (rows.next()) {
            ends.computeIfAbsent(rows.getInt(1), tenant -> new ArrayList<>())
                .add(new End(Objects.requireNonNull(Rows.time(rows, 2)), Rows.id(rows, 3)));
          }
        }
      }
      return ends;
    });
  }

  /** The place before everything that ended at that moment or later. */
  public static End before(Instant moment) {
    return new End(moment, new JobId(FIRST));
  }

  private static List<JobChange> changes(PreparedStatement select) throws SQLException {
    List<JobChange> changes = new ArrayList<>();
    try (var rows = select.executeQuery()) {
      while (rows.next()) {
        changes.add(change(rows));
      }
    }
    return changes;
  }

  private static JobChange change(ResultSet row) throws SQLException {
    return new JobChange(
        Rows.id(row, 1),
        row.getInt(2),
        JobState.valueOf(row.getString(3).toUpperCase(Locale.ROOT)),
        row.getInt(4),
        row.getInt(5),
        new Labels(
            Lane.parse(row.getString(6)).orElseThrow(),
            row.getString(7),
            row.getString(8),
            row.getString(9),
            row.getString(10),
            row.getObject(11, UUID.class)),
        Objects.requireNonNull(Rows.time(row, 12)),
        Rows.time(row, 13),
        row.getString(14));
  }

  static long micros(Instant time) {
    return time.getEpochSecond() * 1_000_000L + time.getNano() / 1_000L;
  }
}
