package io.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.db.job.JobView;
import io.millrace.db.job.JobViews;
import io.millrace.db.sql.Database;
import io.millrace.job.JobId;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import org.jooq.Record;
import org.jooq.Result;

/** Jobs and the rows of their calls, as a test looks at them. */
record Jobs(Database database) {

  JobView view(JobId id) {
    return new JobViews(database).find(1, id).orElseThrow();
  }

  JobView awaitFinal(JobId id) {
    return await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> view(id), view -> view.state().isFinal());
  }

  void awaitFinal(Collection<JobId> ids, Duration atMost) {
    var views = new JobViews(database);
    await()
        .atMost(atMost)
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptions()
        .untilAsserted(() -> {
          var left = new HashSet<>(ids);
          left.removeAll(views.finished(ids));
          assertThat(left).isEmpty();
        });
  }

  /** The rows of the calls of a job, in their order. */
  Result<Record> attempts(JobId id) {
    return database.dsl().fetch("select * from attempt where job_id = ? order by no", id.uuid());
  }

  Result<Record> costs(JobId id) {
    return database
        .dsl()
        .fetch("select * from cost where job_id = ? order by attempt_no", id.uuid());
  }

  int count(String condition) {
    return database.dsl().fetchOne("select count(*)::int from " + condition).get(0, Integer.class);
  }
}
