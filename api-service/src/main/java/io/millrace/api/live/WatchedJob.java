package io.millrace.api.live;

import io.millrace.db.job.JobChange;
import io.millrace.db.job.JobChanges.Known;
import io.millrace.job.JobId;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A job of which somebody wants to hear: its streams, and how it was last seen, by one thread. */
final class WatchedJob {

  final Set<LiveStream> streams = ConcurrentHashMap.newKeySet();
  private volatile Known known;

  WatchedJob(JobId id) {
    this.known = new Known(id, null, -1);
  }

  Known known() {
    return known;
  }

  int tell(JobChange job, LiveEvent event) {
    if (job.state() == known.state() && job.claimNo() == known.claimNo()) {
      return 0;
    }
    known = new Known(job.id(), job.state(), job.claimNo());
    int told = 0;
    for (LiveStream stream : streams) {
      told += stream.offer(List.of(event));
    }
    return told;
  }
}
