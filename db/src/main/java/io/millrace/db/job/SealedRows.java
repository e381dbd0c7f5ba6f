package io.millrace.db.job;

import io.millrace.db.seal.Sealer;
import io.millrace.db.seal.UnreadableValue;
import io.millrace.db.sql.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Brings stored values under the current key, or back to plain ones where there is none: a bounded
 * batch at a time, each a transaction of its own, beside everything else that goes on. Stopped
 * anywhere, it has done its work up to there.
 */
public final class SealedRows {

  private static final int SLICE = 2_000;
  private static final int ROWS = 200;
  private static final long BYTES = 8L << 20;
  private static final UUID FIRST = new UUID(0, 0);

  private final Database database;

  public SealedRows(Database database) {
    this.database = database;
  }

  /** What was found, column by column. Not for several threads. */
  public static final class Tally {
    private long read;
    private long current;
    private long resealed;
    private final Map<String, Long> unreadable = new TreeMap<>();

    /** Values that were looked at. */
    public long read() {
      return read;
    }

    /** Those that were as they should be. */
    public long current() {
      return current;
    }

    /** Those that were, or would be, written anew. */
    public long resealed() {
      return resealed;
    }

    /** How many could not be opened, by what was the matter. */
    public Map<String, Long> unreadable() {
      return unreadable;
    }
  }

  private record Row(UUID id, int no, int length) {}

  /**
   * Goes through all values.
   *
   * @param dryRun whether to count only; what cannot be opened is not found out then
   * @param progress is told after each slice
   */
  public Tally reseal(boolean dryRun, Consumer<Tally> progress) {
    var tally = new Tally();
    for (SealedColumn column : SealedColumn.values()) {
      Row last = new Row(FIRST, -1, 0);
      while (last != null) {
        last = slice(column, last, dryRun, tally);
        progress.accept(tally);
      }
    }
    return tally;
  }

  private @Nullable Row slice(SealedColumn column, Row after, boolean dryRun, Tally tally) {
    List<Row> due = new ArrayList<>();
    List<Row> all = new ArrayList<>(SLICE);
    database.single(connection -> {
      try (var select = connection.prepareStatement(column.slice())) {
        select.setObject(1, after.id());
        select.setObject(2, after.id());
        select.setInt(3, after.no());
        select.setInt(4, SLICE);
        try (var rows = select.executeQuery()) {
          while (rows.next()) {
            var row = new Row(rows.getObject(1, UUID.class), rows.getInt(2), rows.getInt(3));
            all.add(row);
            boolean current =
                column.isBytes()
                    ? database.sealer().isCurrent(rows.getBytes(4))
                    : database.sealer().isCurrentText(rows.getString(4));
            if (!current) {
              due.add(row);
            }
          }
        }
        return true;
      }
    });
    tally.read += all.size();
    tally.current += all.size() - due.size();
    if (dryRun) {
      tally.resealed += due.size();
    } else {
      batches(due).forEach(batch -> reseal(column, batch, tally));
    }
    return all.size() < SLICE ? null : all.getLast();
  }

  private static List<List<Row>> batches(List<Row> due) {
    List<List<Row>> batches = new ArrayList<>();
    List<Row> batch = new ArrayList<>();
    long bytes = 0;
    for (Row row : due) {
      if (!batch.isEmpty() && (batch.size() == ROWS || bytes + row.length() > BYTES)) {
        batches.add(batch);
        batch = new ArrayList<>();
        bytes = 0;
      }
      batch.add(row);
      bytes += row.length();
    }
    if (!batch.isEmpty()) {
      batches.add(batch);
    }
    return batches;
  }

  private void reseal(SealedColumn column, List<Row> batch, Tally tally) {
    // Counted once it has committed.
    var done = new Tally();
    database.transaction(connection -> {
      for (Row row : batch) {
        reseal(connection, column, row, done);
      }
      return true;
    });
    tally.resealed += done.resealed;
    done.unreadable.forEach((what, rows) -> tally.unreadable.merge(what, rows, Long::sum));
  }

  private void reseal(Connection connection, SealedColumn column, Row row, Tally tally)
      throws SQLException {
    Object stored = read(connection, column, row);
    if (stored == null) {
      return;
    }
    Object sealed;
    try {
      sealed = sealed(database.sealer(), column, row, stored);
    } catch (UnreadableValue unreadable) {
      String what = unreadable.reason().wireName() + " '" + unreadable.keyId() + "'";
      tally.unreadable.merge(what, 1L, Long::sum);
      return;
    }
    try (var update = connection.prepareStatement(column.write())) {
      update.setObject(1, sealed);
      update.setObject(2, row.id());
      update.setInt(3, row.no());
      tally.resealed += update.executeUpdate();
    }
  }

  private static @Nullable Object read(Connection connection, SealedColumn column, Row row)
      throws SQLException {
    try (var select = connection.prepareStatement(column.read())) {
      select.setObject(1, row.id());
      select.setInt(2, row.no());
      try (var rows = select.executeQuery()) {
        // Erased since, perhaps.
        return rows.next() ? (column.isBytes() ? rows.getBytes(1) : rows.getString(1)) : null;
      }
    }
  }

  private static Object sealed(Sealer sealer, SealedColumn column, Row row, Object stored) {
    var place = column.place();
    int no = column.boundNo(row.no());
    if (stored instanceof byte[] bytes) {
      return sealer.seal(place, row.id(), no, sealer.open(place, row.id(), no, bytes));
    }
    String text = sealer.openText(place, row.id(), no, (String) stored);
    return column.written(sealer.sealText(place, row.id(), no, text), sealer.isOn());
  }
}
