package io.millrace.api.live;

import io.millrace.db.job.JobChange.End;
import io.millrace.db.job.JobChanges;
import io.millrace.job.JobId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A place in a tenant's stream, written as the id of an event: microseconds since the epoch, and
 * the job that ended there, if one did.
 */
record Cursor(End place) {

  private static final Pattern FORM = Pattern.compile("(\\d{1,17})(?:-(job_\\w{26}))?");
  private static final int MICROS = 1_000_000;

  /** The place before everything that ended at that moment or later. */
  static Cursor before(Instant moment) {
    return new Cursor(JobChanges.before(moment));
  }

  /** What {@code text} names, or empty where it is no place in a tenant's stream. */
  static Optional<Cursor> parse(String text) {
    var form = FORM.matcher(text);
    if (!form.matches()) {
      return Optional.empty();
    }
    Instant at = Instant.EPOCH.plus(Long.parseLong(form.group(1)), ChronoUnit.MICROS);
    return form.group(2) == null
        ? Optional.of(before(at))
        : JobId.parse(form.group(2)).map(job -> new Cursor(new End(at, job)));
  }

  Instant at() {
    return place.at();
  }

  @Override
  public String toString() {
    var at = place.at();
    long micros = at.getEpochSecond() * MICROS + at.getNano() / 1000;
    var none = place.equals(JobChanges.before(at));
    return none ? Long.toString(micros) : micros + "-" + place.id();
  }
}
