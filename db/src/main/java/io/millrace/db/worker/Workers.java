package io.millrace.db.worker;

import io.millrace.db.sql.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Worker incarnations. A row is written by its worker alone, until somebody declares it lost. */
public final class Workers {

  private final Database database;

  public Workers(Database database) {
    this.database = database;
  }

  /**
   * A worker as its row shows it.
   *
   * @param heartbeatAt the database's time of the last heartbeat
   */
  public record Beat(UUID id, String name, Instant heartbeatAt, int freeSlots, boolean lost) {}

  /**
   * All workers, as seen at one moment.
   *
   * @param serverStart when the database server started
   */
  public record Roll(Instant serverStart, List<Beat> workers) {}

  /** Enters a new incarnation, which holds its first lease from now. */
  public void enter(UUID id, String name, int slots) {
    database.single(connection -> {
      try (var insert =
          connection.prepareStatement("insert into worker (id, name, slots) values (?, ?, ?)")) {
        insert.setObject(1, id);
        insert.setString(2, name);
        insert.setInt(3, slots);
        return insert.executeUpdate();
      }
    });
  }

  /**
   * Renews the lease.
   *
   * @return false where the incarnation was declared lost or its row is gone: its claims are no
   *     longer its own
   */
  public boolean heartbeat(UUID id, int inFlight, boolean stopping) {
    return database.single(connection -> {
      try (var update =
          connection.prepareStatement(
              """
              update worker set heartbeat_at = clock_timestamp(), in_flight = ?, stopping = ?
              where id = ? and lost_at is null
              """)) {
        update.setInt(1, inFlight);
        update.setBoolean(2, stopping);
        update.setObject(3, id);
        return update.executeUpdate();
      }
    })
        == 1;
  }

  /** Takes a worker that holds nothing off the list; what it still holds is left to the rescue. */
  public void leave(UUID id) {
    database.single(connection -> {
      try (var delete =
          connection.prepareStatement(
              """
              delete from worker where id = ?
                and not exists (select from job where job.worker_id = worker.id and job.state = 'running')
              """)) {
        delete.setObject(1, id);
        return delete.executeUpdate();
      }
    });
  }

  /**
   * How much all workers together may hold.
   *
   * @param slots of all that claim
   * @param free of these, as of their last heartbeats
   */
  public record Room(int slots, int free) {}

  /** The room of all workers that claim. */
  public Room room() {
    return database.single(connection -> {
      try (var select =
              connection.prepareStatement(
                  """
                  select coalesce(sum(slots), 0), coalesce(sum(greatest(0, slots - in_flight)), 0)
                  from worker where lost_at is null and not stopping
                  """);
          var row = select.executeQuery()) {
        row.next();
        return new Room(row.getInt(1), row.getInt(2));
      }
    });
  }

  /** Whether there are several tenants, who have to share the slots. */
  public boolean areShared() {
    return database.single(connection -> {
      try (var select = connection.prepareStatement("select exists (select from tenant offset 1)");
          var row = select.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    });
  }

  /** How many jobs workers hold of each tenant. */
  public Map<Integer, Integer> held() {
    return database.single(connection -> {
      try (var select =
              connection.prepareStatement(
                  // Not what provider batches hold: by worker, through the index of held jobs.
                  """
                  select job.tenant_id, count(*) from worker
                  join job on job.worker_id = worker.id and job.state = 'running'
                  group by job.tenant_id
                  """);
          var rows = select.executeQuery()) {
        Map<Integer, Integer> held = new HashMap<>();
        while (rows.next()) {
          held.put(rows.getInt(1), rows.getInt(2));
        }
        return held;
      }
    });
  }

  /** All workers that have not left. */
  public List<Beat> all() {
    return database.single(connection -> {
      try (var select =
              connection.prepareStatement(
                  """
                  select id, name, heartbeat_at, greatest(0, case when stopping then 0 else slots - in_flight end),
                    lost_at is not null
                  from worker order by started_at
                  """);
          var rows = select.executeQuery()) {
        List<Beat> beats = new ArrayList<>();
        while (rows.next()) {
          beats.add(
              new Beat(
                  rows.getObject(1, UUID.class),
                  rows.getString(2),
                  rows.getObject(3, OffsetDateTime.class).toInstant(),
                  rows.getInt(4),
                  rows.getBoolean(5)));
        }
        return beats;
      }
    });
  }

  /** All workers that have not left, and since when the database has been up. */
  public Roll roll() {
    var start =
        database.single(connection -> {
          try (var select = connection.prepareStatement("select pg_postmaster_start_time()");
              var row = select.executeQuery()) {
            row.next();
            return row.getObject(1, OffsetDateTime.class).toInstant();
          }
        });
    return new Roll(start, all());
  }

  /**
   * Declares a worker lost, provided that its heartbeat is still the one seen: from then on it can
   * neither renew its lease nor claim.
   */
  public boolean declareLost(UUID id, Instant heartbeatSeen) {
    return database.single(connection -> {
      try (var update =
          connection.prepareStatement(
              """
              update worker set lost_at = clock_timestamp()
              where id = ? and lost_at is null and heartbeat_at = ?
              """)) {
        update.setObject(1, id);
        update.setObject(2, heartbeatSeen.atOffset(ZoneOffset.UTC));
        return update.executeUpdate();
      }
    })
        == 1;
  }

  /** Forgets lost workers that hold nothing any more. */
  public int forgetLost() {
    return database.single(Workers::deleteLost);
  }

  private static int deleteLost(Connection connection) throws SQLException {
    try (var delete =
        connection.prepareStatement(
            """
            delete from worker where lost_at < now() - interval '1 hour'
              and not exists (select from job where job.worker_id = worker.id and job.state = 'running')
            """)) {
      return delete.executeUpdate();
    }
  }
}
