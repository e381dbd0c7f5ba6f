package io.millrace.api.bulk;

import io.millrace.db.job.JobChange.End;
import io.millrace.db.job.JobChanges;
import io.millrace.job.JobId;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A place in the results of a batch, which are in the order of their ends. Ends are seen a little
 * out of that order while calls go on, so that whoever resumes begins {@link JobChanges#LATE}
 * before the place, and may be given lines again (ADR 0012). A place is firm where nothing can come
 * before it any more.
 */
record ResultCursor(End place, boolean firm) {

  private static final Pattern FORM = Pattern.compile("(\\d{1,17})-(job_\\w{26})(f?)");
  private static final int MICROS = 1_000_000;

  static Optional<ResultCursor> parse(String text) {
    var form = FORM.matcher(text);
    if (!form.matches()) {
      return Optional.empty();
    }
    Instant at = Instant.EPOCH.plus(Long.parseLong(form.group(1)), ChronoUnit.MICROS);
    return JobId.parse(form.group(2))
        .map(job -> new ResultCursor(new End(at, job), !form.group(3).isEmpty()));
  }

  /** Behind what to go on reading. */
  End resume() {
    if (firm) {
      return place;
    }
    Duration since = Duration.between(Instant.EPOCH, place.at());
    return JobChanges.before(
        since.compareTo(JobChanges.LATE) < 0 ? Instant.EPOCH : place.at().minus(JobChanges.LATE));
  }

  @Override
  public String toString() {
    var at = place.at();
    return at.getEpochSecond() * MICROS
        + at.getNano() / 1000
        + "-"
        + place.id()
        + (firm ? "f" : "");
  }
}
