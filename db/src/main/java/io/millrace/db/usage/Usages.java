package io.millrace.db.usage;

import io.millrace.db.sql.Database;
import io.millrace.db.usage.UsageQuestion.Dimension;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Sums of what was used and what it cost. They are kept by the hour and equal the cost rows at any
 * moment: what is not summed up yet is added by the question itself.
 */
public final class Usages {

  private static final List<String> SUMS =
      List.of(
          "calls",
          "unpriced_calls",
          "input_tokens",
          "output_tokens",
          "cache_read_tokens",
          "cache_write_5m_tokens",
          "cache_write_1h_tokens",
          "web_searches",
          "amount",
          "suspected_calls",
          "unpriced_suspected_calls",
          "suspected");

  private final Database database;

  public Usages(Database database) {
    this.database = database;
  }

  /**
   * One sum for each group that used anything, ordered by group, at most {@code most}.
   *
   * @param bound how long the database may take
   */
  public List<UsageSum> sums(UsageQuestion question, int most, Duration bound) {
    return database.transaction(connection -> {
      bound(connection, bound);
      try (var select = connection.prepareStatement(statement(question))) {
        int index = 0;
        for (int table = 0; table < 2; table++) {
          select.setObject(++index, time(question.from()));
          select.setObject(++index, time(question.to()));
          if (question.tenantId() != null) {
            select.setInt(++index, question.tenantId());
          }
        }
        select.setInt(++index, most);
        return read(select, question.groupBy().size());
      }
    });
  }

  /** Sums up to {@code most} of what was recorded since; returns how much that was. */
  public int fold(int most) {
    return database.single(connection -> {
      try (var select = connection.prepareStatement("select fold_usage(?)")) {
        select.setInt(1, most);
        try (var row = select.executeQuery()) {
          row.next();
          return row.getInt(1);
        }
      }
    });
  }

  // Reports read much and rarely: for them scans and hashes are right, unlike for the loops.
  private static void bound(Connection connection, Duration bound) throws SQLException {
    try (var set = connection.createStatement()) {
      set.execute(
          "set local statement_timeout = "
              + bound.toMillis()
              + "; set local enable_seqscan = on; set local enable_hashjoin = on");
    }
  }

  private static String statement(UsageQuestion question) {
    boolean byUser = question.groupBy().contains(Dimension.USER_ID);
    String columns =
        "hour, tenant_id, lane, model, feature, "
            + (byUser ? "user_id, " : "")
            + String.join(", ", SUMS);
    String where =
        " where hour >= ? and hour < ?" + (question.tenantId() == null ? "" : " and tenant_id = ?");
    String group =
        question.groupBy().stream().map(Dimension::expression).collect(Collectors.joining(", "));
    String places =
        IntStream.rangeClosed(1, question.groupBy().size())
            .mapToObj(Integer::toString)
            .collect(Collectors.joining(", "));
    return "select "
        + (group.isEmpty() ? "" : group + ", ")
        + SUMS.stream().map(sum -> "sum(u." + sum + ")").collect(Collectors.joining(", "))
        + " from (select "
        + columns
        + (byUser ? " from usage_by_user" : " from usage_by_feature")
        + where
        + " union all select "
        + columns
        + " from usage_delta"
        + where
        + " and id > (select floor from usage_fold)) u"
        + (places.isEmpty() ? "" : " group by " + places)
        + " having sum(u.calls) <> 0 or sum(u.suspected_calls) <> 0 or sum(u.amount) <> 0"
        + (places.isEmpty() ? "" : " order by " + places)
        + " limit ?";
  }

  private static List<UsageSum> read(PreparedStatement select, int dimensions) throws SQLException {
    List<UsageSum> sums = new ArrayList<>();
    try (var rows = select.executeQuery()) {
      while (rows.next()) {
        sums.add(sum(rows, dimensions));
      }
    }
    return sums;
  }

  private static UsageSum sum(ResultSet row, int dimensions) throws SQLException {
    List<@Nullable String> group = new ArrayList<>();
    for (int i = 1; i <= dimensions; i++) {
      group.add(row.getString(i));
    }
    int at = dimensions;
    return new UsageSum(
        group,
        row.getLong(++at),
        row.getLong(++at),
        row.getLong(++at),
        row.getLong(++at),
        row.getLong(++at),
        row.getLong(++at),
        row.getLong(++at),
        row.getLong(++at),
        row.getBigDecimal(++at),
        row.getLong(++at),
        row.getLong(++at),
        row.getBigDecimal(++at));
  }

  private static OffsetDateTime time(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }
}
