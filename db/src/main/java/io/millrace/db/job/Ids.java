package io.millrace.db.job;

import static org.jooq.impl.DSL.any;

import io.millrace.job.JobId;
import java.util.Collection;
import java.util.Collections;
import java.util.UUID;
import org.jooq.Condition;
import org.jooq.Field;

/** Many ids in one statement. */
final class Ids {

  private Ids() {}

  static UUID[] array(Collection<JobId> ids) {
    return ids.stream().map(JobId::uuid).toArray(UUID[]::new);
  }

  /**
   * The rows of these jobs, of which there is at least one, in a partitioned table: the bounds tell
   * even a prepared plan which partitions there are to look into; the list would not.
   */
  static Condition among(Field<UUID> column, Collection<JobId> ids) {
    return column.eq(any(array(ids))).and(between(column, ids));
  }

  /** The bounds alone. */
  static Condition between(Field<UUID> column, Collection<JobId> ids) {
    return column.between(Collections.min(ids).uuid(), Collections.max(ids).uuid());
  }
}
