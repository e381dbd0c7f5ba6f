package io.millrace.db.limit;

import io.millrace.db.limit.PoolView.Bucket;
import io.millrace.db.limit.PoolView.Demand;
import io.millrace.db.limit.PoolView.Rate;
import io.millrace.db.sql.Database;
import io.millrace.rate.Dimension;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads pools for those who ask why their jobs wait; changes nothing. */
public final class PoolViews {

  // The arrays have their elements in the order of the dimensions.
  private static final int DIMENSIONS = Dimension.values().length;

  private static final String RATES =
      """
      select pool, now(), at, heard, limits, told, deficit, burst, others, typical, starts,
        blocked_until, blocked_by, waits_for
      from rate_pool
      """;

  // A worker that is gone leaves its row behind.
  private static final String DEMANDS =
      """
      select pool, count(*), sum(calls), sum(waiting[1]), sum(waiting[2]), sum(waiting[3])
      from rate_share
      where %s
      group by pool
      """
          .formatted(RatePools.FRESH);

  private final Database database;

  public PoolViews(Database database) {
    this.database = database;
  }

  /** All pools of which something is known, by name. */
  public Map<String, PoolView> all() {
    return database.single(connection -> {
      try (var rated = connection.prepareStatement(RATES);
          var demanded = connection.prepareStatement(DEMANDS)) {
        Map<String, Rate> rates = rates(rated);
        Map<String, Demand> demands = demands(demanded);
        Map<String, List<PoolPause>> pauses =
            PoolPauses.open(connection).stream().collect(Collectors.groupingBy(PoolPause::pool));
        var names = new TreeSet<>(rates.keySet());
        names.addAll(pauses.keySet());
        names.addAll(demands.keySet());
        Map<String, PoolView> views = new TreeMap<>();
        for (String name : names) {
          views.put(
              name,
              new PoolView(
                  name,
                  rates.get(name),
                  demands.getOrDefault(name, Demand.NONE),
                  pauses.getOrDefault(name, List.of())));
        }
        return views;
      }
    });
  }

  /** The buckets of those of these pools that were drawn from. */
  public Map<String, Rate> rates(Collection<String> pools) {
    return pools.isEmpty()
        ? Map.of()
        : database.single(connection -> {
          try (var select = connection.prepareStatement(RATES + " where pool = any(?)")) {
            select.setArray(1, connection.createArrayOf("text", pools.toArray()));
            return rates(select);
          }
        });
  }

  private static Map<String, Rate> rates(PreparedStatement select) throws SQLException {
    Map<String, Rate> rates = new HashMap<>();
    try (var rows = select.executeQuery()) {
      while (rows.next()) {
        rates.put(rows.getString(1), rate(rows));
      }
    }
    return rates;
  }

  private static Map<String, Demand> demands(PreparedStatement select) throws SQLException {
    Map<String, Demand> demands = new HashMap<>();
    try (var rows = select.executeQuery()) {
      while (rows.next()) {
        var waiting = List.of(rows.getInt(4), rows.getInt(5), rows.getInt(6));
        demands.put(rows.getString(1), new Demand(rows.getInt(2), rows.getInt(3), waiting));
      }
    }
    return demands;
  }

  private static Rate rate(ResultSet rows) throws SQLException {
    Instant now = Objects.requireNonNull(PoolPauses.time(rows, 2));
    Instant at = Objects.requireNonNull(PoolPauses.time(rows, 3));
    double seconds = Math.max(0, Duration.between(at, now).toMillis() / 1000.0);
    @Nullable Long[] limits = numbers(rows, 5, new Long[DIMENSIONS]);
    @Nullable Long[] told = numbers(rows, 6, new Long[DIMENSIONS]);
    @Nullable Double[] deficit = numbers(rows, 7, new Double[DIMENSIONS]);
    @Nullable Double[] burst = numbers(rows, 8, new Double[DIMENSIONS]);
    @Nullable Double[] others = numbers(rows, 9, new Double[DIMENSIONS]);
    @Nullable Double[] typical = numbers(rows, 10, new Double[DIMENSIONS]);
    Map<Dimension, Bucket> buckets = new EnumMap<>(Dimension.class);
    int i = 0;
    for (Dimension dimension : Dimension.values()) {
      Long limit = limits[i];
      double foreign = or0(others[i]);
      double refill =
          limit == null
              ? 0
              : Math.max(
                      limit * PoolRate.Bucket.LEAST_LEFT,
                      limit - foreign * Bucket.SECONDS_OF_A_MINUTE)
                  * seconds
                  / Bucket.SECONDS_OF_A_MINUTE;
      buckets.put(
          dimension,
          new Bucket(
              limit,
              told[i],
              Math.max(0, or0(deficit[i]) - refill),
              limit == null ? null : burst[i],
              foreign * Bucket.SECONDS_OF_A_MINUTE,
              or0(typical[i])));
      i++;
    }
    return new Rate(
        now,
        at,
        rows.getBoolean(4),
        buckets,
        PoolRate.averaged(rows.getDouble(11), seconds),
        PoolPauses.time(rows, 12),
        rows.getString(13),
        rows.getString(14));
  }

  /** The array in that column, filled up with nulls to the length of {@code into}. */
  private static <N> @Nullable N[] numbers(ResultSet rows, int column, @Nullable N[] into)
      throws SQLException {
    var array = rows.getArray(column);
    if (array != null) {
      @SuppressWarnings("unchecked")
      N[] found = (N[]) array.getArray();
      System.arraycopy(found, 0, into, 0, Math.min(found.length, into.length));
    }
    return into;
  }

  private static double or0(@Nullable Double value) {
    return value == null ? 0 : value;
  }
}
