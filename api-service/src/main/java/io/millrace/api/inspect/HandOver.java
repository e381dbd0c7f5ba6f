package io.millrace.api.inspect;

import io.millrace.db.job.Erasures;
import io.millrace.db.job.Erasures.Shown;
import io.millrace.db.job.JobView;
import io.millrace.job.Keeping;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notes that a caller has the outcomes of jobs of which nothing is to be kept, once the whole
 * response is out: one that broke off hands nothing over. What is lost between here and the caller
 * can be asked for again for a while ({@code millrace.retention.fetched}).
 */
public final class HandOver {

  private static final Logger log = LoggerFactory.getLogger(HandOver.class);

  /**
   * Those of a longer stream past it stay until they are fetched otherwise, or their time is up.
   */
  private static final int MOST = 100_000;

  private final Erasures erasures;

  HandOver(Erasures erasures) {
    this.erasures = erasures;
  }

  /** What one response hands over, if it gets through. */
  public Handing begin(HttpServletRequest request) {
    // Whoever asks for the head only gets no outcome.
    return new Handing(request.getMethod().equals("GET"));
  }

  /** A response while it is written. Not for several threads. */
  public final class Handing {
    private final boolean counts;
    private final List<Shown> jobs = new ArrayList<>();

    private Handing(boolean counts) {
      this.counts = counts;
    }

    /** This job is part of the response. */
    public void with(JobView job) {
      if (counts
          && job.terms().keeping() == Keeping.NONE
          && job.state().isFinal()
          && jobs.size() < MOST) {
        jobs.add(new Shown(job.id(), job.series()));
      }
    }

    /** Everything was written: sends what is still here, and notes it. */
    public void complete(HttpServletResponse response) throws IOException {
      if (jobs.isEmpty()) {
        return;
      }
      response.flushBuffer();
      try {
        erasures.handOver(jobs);
      } catch (RuntimeException failure) {
        log.warn(
            "It could not be noted that {} jobs were fetched: their text stays until it is fetched again, or its time is up",
            jobs.size(),
            failure);
      }
    }
  }
}
