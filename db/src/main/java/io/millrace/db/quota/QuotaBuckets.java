package io.millrace.db.quota;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingInt;
import static java.util.Comparator.naturalOrder;
import static java.util.Comparator.nullsFirst;

import io.millrace.db.job.Releases.Counted;
import io.millrace.db.job.Releases.Queue;
import io.millrace.db.job.Releases.Released;
import io.millrace.db.quota.QuotaState.Starts;
import io.millrace.db.quota.QuotaState.Tokens;
import io.millrace.db.sql.ArrayBinder;
import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import io.millrace.job.ReleasedJob;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * The dispatcher's memory of who started what, shared with whoever dispatches next. Nothing here
 * grows with the backlog.
 */
public final class QuotaBuckets {

  private static final Comparator<QuotaOwner> ORDER =
      comparingInt(QuotaOwner::tenantId)
          .thenComparing(QuotaOwner::userId, nullsFirst(naturalOrder()));

  private static final String NOW =
      "select (extract(epoch from clock_timestamp()) * 1000000)::bigint";

  private static final String ENTER =
      """
      insert into quota_bucket (tenant_id, user_id)
      select tenant_id, user_id from unnest(?, ?) as n(tenant_id, user_id)
      on conflict (tenant_id, user_id) do nothing
      """;

  private static final String READ =
      """
      select b.tenant_id, b.user_id, b.seconds, b.requests, b.tokens, b.far, b.near, b.front,
        b.settled_actual, b.settled_estimate, b.learnt_actual, b.learnt_estimate
      from unnest(?, ?) with ordinality as n(tenant_id, user_id, no)
      cross join lateral (
        select * from quota_bucket q
        where q.tenant_id = n.tenant_id and q.user_id is not distinct from n.user_id
        for update) b
      """;

  private static final String WRITE =
      """
      update quota_bucket set seconds = ?, requests = ?, tokens = ?, far = ?, near = ?, front = ?,
        settled_actual = 0, settled_estimate = 0, learnt_actual = ?, learnt_estimate = ?,
        touched_at = now()
      where tenant_id = ? and user_id is not distinct from ?
      """;

  private static final String HEADS =
      """
      select j.id, j.claim_no, j.expires_at, j.estimated_input, j.max_output, j.user_id,
        coalesce(j.quota_mark > j.attempts, false),
        case when j.quota_mark is null then 0 when j.quota_mark = -1 then 1 else 2 end
      from job j
      where j.state = 'queued' and j.parked_until is null
        and j.pool = ? and j.lane = ?::job_lane and j.tenant_id = ?
      order by j.expires_at, j.id limit ?
      for update skip locked
      """;

  private static final String PUT_OFF =
      """
      with late as (
        select hit.id, to_time(n.until) as until, n.mark from unnest(?, ?, ?) as n(id, until, mark)
        cross join lateral (
          select j.id from job j where j.id = n.id and j.state = 'queued'
          for update skip locked) hit)
      update job set released_at = null, parked_until = late.until, due_at = late.until,
        quota_mark = late.mark
      from late where job.id = late.id
      """;

  private static final String SETTLE =
      """
      insert into quota_bucket (tenant_id, user_id, settled_actual, settled_estimate)
      select * from unnest(?, ?, ?, ?)
      on conflict (tenant_id, user_id) do update set
        settled_actual = quota_bucket.settled_actual + excluded.settled_actual,
        settled_estimate = quota_bucket.settled_estimate + excluded.settled_estimate,
        touched_at = now()
      """;

  private static final String AWAITED =
      """
      select tenant_id, user_id from quota_bucket
      where user_id is not null
        and greatest(far, near, front) > extract(epoch from now()) * 1000000
      order by touched_at limit ?
      """;

  private static final String ADVANCE =
      """
      with next as (
        select id from job
        where state = 'queued' and quota_mark < 0 and tenant_id = ? and user_id = ?
          and parked_until > now()
        order by parked_until limit ?
        for update skip locked)
      update job set parked_until = now(), due_at = now() from next where job.id = next.id
      """;

  private static final String FORGET =
      """
      delete from quota_bucket where touched_at < now() - interval '10 minutes'
        and greatest(far, near, front) < extract(epoch from now()) * 1000000
      """;

  private final Database database;

  public QuotaBuckets(Database database) {
    this.database = database;
  }

  /**
   * Put off a job until then, in microseconds since the epoch.
   *
   * @param again whether it was put off before
   */
  public record Late(JobId id, long until, boolean again) {
    private int mark() {
      return again ? -2 : -1;
    }
  }

  /** What was decided: the states as they are from now on, and who starts later. */
  public record Verdict(Map<QuotaOwner, QuotaState> states, List<Late> late) {}

  /** Decides, at a time in microseconds since the epoch. Somebody without a state is new. */
  @FunctionalInterface
  public interface Judge {
    Verdict judge(long now, Map<QuotaOwner, QuotaState> states);
  }

  /** Decides about the jobs at the head of a queue. */
  @FunctionalInterface
  public interface HeadJudge {
    Verdict judge(List<Counted> heads, long now, Map<QuotaOwner, QuotaState> states);
  }

  /** The tenant's name, under which its quota stands. */
  public Optional<String> tenant(int id) {
    return database.single(connection -> {
      try (var select = connection.prepareStatement("select name from tenant where id = ?")) {
        select.setInt(1, id);
        try (var rows = select.executeQuery()) {
          return rows.next() ? Optional.of(rows.getString(1)) : Optional.empty();
        }
      }
    });
  }

  /** Reads, decides and writes, undisturbed by another dispatcher. */
  public void decide(Collection<QuotaOwner> owners, Judge judge) {
    database.<Integer>transaction(connection -> {
      var states = lock(connection, owners);
      return write(connection, judge.judge(now(connection), states));
    });
  }

  /**
   * Decides about those of the ready jobs at a queue's head that belong to some owners; jobs that
   * it does not put off stay ready.
   *
   * @return how many it put off
   */
  public int sift(Queue queue, int limit, Collection<QuotaOwner> owners, HeadJudge judge) {
    return database.transaction(connection -> {
      List<Counted> heads = heads(connection, queue, limit);
      var states = lock(connection, owners);
      return write(connection, judge.judge(heads, now(connection), states));
    });
  }

  /**
   * Let up to so many of a user's jobs that wait have their turn now.
   *
   * @param more the state from now on, where others wait still
   * @param none the state from now on, where these were all
   */
  public record Advance(int jobs, QuotaState more, QuotaState none) {}

  /** Decides who has his turn before his time. */
  @FunctionalInterface
  public interface Advancing {
    Advance advance(long now, QuotaState state);
  }

  /** Users who have given starts away that are yet to come; not the same ones each time. */
  public List<QuotaOwner> awaited(int limit) {
    return database.single(connection -> {
      try (var select = connection.prepareStatement(AWAITED)) {
        select.setInt(1, limit);
        List<QuotaOwner> owners = new ArrayList<>();
        try (var rows = select.executeQuery()) {
          while (rows.next()) {
            owners.add(new QuotaOwner(rows.getInt(1), rows.getString(2)));
          }
        }
        return owners;
      }
    });
  }

  /**
   * Brings the turns of a user's next jobs forward.
   *
   * @return how many
   */
  public int advance(QuotaOwner user, Advancing advancing) {
    return database.transaction(connection -> {
      var state = lock(connection, List.of(user)).getOrDefault(user, QuotaState.NEW);
      var advance = advancing.advance(now(connection), state);
      int advanced = 0;
      try (var update = connection.prepareStatement(ADVANCE)) {
        update.setInt(1, user.tenantId());
        update.setString(2, user.userId());
        update.setInt(3, advance.jobs());
        advanced = advance.jobs() == 0 ? 0 : update.executeUpdate();
      }
      var left = advanced < advance.jobs() ? advance.none() : advance.more();
      write(connection, new Verdict(Map.of(user, left), List.of()));
      return advanced;
    });
  }

  /** Adds what calls took to what the next decision takes into account. */
  public void settle(Map<QuotaOwner, Tokens> settled) {
    var owners = settled.keySet().stream().sorted(ORDER).toList();
    database.<Integer>single(connection -> {
      try (var insert = connection.prepareStatement(SETTLE)) {
        bind(insert, owners)
            .longs(owner -> (long) Objects.requireNonNull(settled.get(owner)).actual())
            .longs(owner -> (long) Objects.requireNonNull(settled.get(owner)).estimate());
        return insert.executeUpdate();
      }
    });
  }

  /** Forgets those who have started nothing for a while. */
  public int forget() {
    return database.single(connection -> {
      try (var delete = connection.prepareStatement(FORGET)) {
        return delete.executeUpdate();
      }
    });
  }

  private static long now(Connection connection) throws SQLException {
    try (var select = connection.prepareStatement(NOW);
        var rows = select.executeQuery()) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private static Map<QuotaOwner, QuotaState> lock(
      Connection connection, Collection<QuotaOwner> unordered) throws SQLException {
    var owners = unordered.stream().sorted(ORDER).toList();
    try (var insert = connection.prepareStatement(ENTER)) {
      bind(insert, owners);
      insert.executeUpdate();
    }
    Map<QuotaOwner, QuotaState> states = new HashMap<>();
    try (var select = connection.prepareStatement(READ)) {
      bind(select, owners);
      try (var rows = select.executeQuery()) {
        while (rows.next()) {
          states.put(new QuotaOwner(rows.getInt(1), rows.getString(2)), state(rows));
        }
      }
    }
    return states;
  }

  private static ArrayBinder<QuotaOwner> bind(PreparedStatement statement, List<QuotaOwner> owners)
      throws SQLException {
    return new ArrayBinder<>(statement, owners)
        .integers(QuotaOwner::tenantId)
        .texts(QuotaOwner::userId);
  }

  private static QuotaState state(ResultSet rows) throws SQLException {
    Long[] seconds = (Long[]) rows.getArray(3).getArray();
    Integer[] requests = (Integer[]) rows.getArray(4).getArray();
    Long[] tokens = (Long[]) rows.getArray(5).getArray();
    List<Starts> starts = new ArrayList<>(seconds.length);
    for (int i = 0; i < seconds.length; i++) {
      starts.add(new Starts(seconds[i], requests[i], tokens[i]));
    }
    return new QuotaState(
        starts,
        rows.getLong(6),
        rows.getLong(7),
        rows.getLong(8),
        new Tokens(rows.getLong(9), rows.getLong(10)),
        new Tokens(rows.getDouble(11), rows.getDouble(12)));
  }

  /** Answers how many jobs were put off. */
  private static int write(Connection connection, Verdict verdict) throws SQLException {
    try (var update = connection.prepareStatement(WRITE)) {
      for (var owner : verdict.states().keySet().stream().sorted(ORDER).toList()) {
        var state = Objects.requireNonNull(verdict.states().get(owner));
        update.setArray(1, array(connection, "int8", state.starts().stream().map(Starts::second)));
        update.setArray(
            2, array(connection, "int4", state.starts().stream().map(Starts::requests)));
        update.setArray(3, array(connection, "int8", state.starts().stream().map(Starts::tokens)));
        update.setLong(4, state.far());
        update.setLong(5, state.near());
        update.setLong(6, state.front());
        update.setDouble(7, state.learnt().actual());
        update.setDouble(8, state.learnt().estimate());
        update.setInt(9, owner.tenantId());
        update.setString(10, owner.userId());
        update.addBatch();
      }
      update.executeBatch();
    }
    if (verdict.late().isEmpty()) {
      return 0;
    }
    try (var update = connection.prepareStatement(PUT_OFF)) {
      new ArrayBinder<>(update, verdict.late().stream().sorted(comparing(Late::id)).toList())
          .ids(Late::id)
          .longs(Late::until)
          .integers(Late::mark);
      return update.executeUpdate();
    }
  }

  private static Array array(Connection connection, String type, Stream<?> values)
      throws SQLException {
    return connection.createArrayOf(type, values.toArray());
  }

  private static List<Counted> heads(Connection connection, Queue queue, int limit)
      throws SQLException {
    List<Counted> heads = new ArrayList<>();
    try (var select = connection.prepareStatement(HEADS)) {
      select.setString(1, queue.pool());
      select.setString(2, queue.lane().wireName());
      select.setInt(3, queue.tenantId());
      select.setInt(4, limit);
      try (var rows = select.executeQuery()) {
        while (rows.next()) {
          var job = new ReleasedJob(new JobId(rows.getObject(1, UUID.class)), rows.getInt(2));
          heads.add(
              new Counted(
                  new Released(job, queue, rows.getInt(4), rows.getInt(5)),
                  rows.getObject(3, OffsetDateTime.class).toInstant(),
                  rows.getString(6),
                  rows.getBoolean(7),
                  rows.getInt(8)));
        }
      }
    }
    return heads;
  }
}
