package io.millrace.worker.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.quota.QuotaState;
import io.millrace.db.quota.QuotaState.Tokens;
import io.millrace.worker.quota.QuotaBucket.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuotaBucketTest {

  private static final long SECOND = 1_000_000;
  private static final long MINUTE = 60 * SECOND;
  private static final long BEGIN = 1_795_000_000L * SECOND + 123_456;
  private static final long NEVER = Long.MAX_VALUE;

  @Test
  void aMinutesWorthMayStartAtOnceAndTheNextAMinuteLater() {
    var bucket = bucket(new Quota(3L, null), QuotaState.NEW, BEGIN);
    for (int i = 0; i < 3; i++) {
      assertThat(bucket.startable()).isEqualTo(3 - i);
      assertThat(bucket.hasRoom(1)).isTrue();
      bucket.start(BEGIN, 1);
    }

    assertThat(bucket.hasRoom(1)).isFalse();
    assertThat(bucket(new Quota(3L, null), bucket.state(), BEGIN + MINUTE).hasRoom(1)).isFalse();
    assertThat(bucket(new Quota(3L, null), bucket.state(), BEGIN + MINUTE + SECOND).hasRoom(1))
        .isTrue();
  }

  @Test
  void thoseWhoFindNoRoomGetTheirOwnTurns() {
    var bucket = bucket(new Quota(1L, null), QuotaState.NEW, BEGIN);
    bucket.start(BEGIN, 1);

    long first = bucket.putOff(Place.NEW, BEGIN, 1, NEVER);
    long second = bucket.putOff(Place.NEW, BEGIN, 1, NEVER);
    long ahead = bucket.putOff(Place.INTERACTIVE, BEGIN, 1, NEVER);

    assertThat(first).isBetween(BEGIN + MINUTE, BEGIN + MINUTE + SECOND);
    assertThat(second - first).isEqualTo(61 * SECOND);
    assertThat(ahead).isEqualTo(first);
    long then = ahead + SECOND / 10;
    var later = bucket(new Quota(1L, null), bucket.state(), then);
    assertThat(later.mayStart(Place.PUT_OFF_AGAIN, then, 1)).isFalse();
    assertThat(later.mayStart(Place.INTERACTIVE, then, 1)).isTrue();
  }

  @Test
  void whoseTurnWouldComeTooLateTakesNone() {
    var bucket = bucket(new Quota(1L, null), QuotaState.NEW, BEGIN);
    bucket.start(BEGIN, 1);

    assertThat(bucket.putOff(Place.NEW, BEGIN, 1, BEGIN + 10 * SECOND))
        .isEqualTo(BEGIN + 10 * SECOND);
    assertThat(bucket.state().far()).isZero();
  }

  @Test
  void aJobLargerThanTheQuotaStartsAlone() {
    var quota = new Quota(null, 1_000L);
    var bucket = bucket(quota, QuotaState.NEW, BEGIN);
    assertThat(bucket.hasRoom(5_000)).isTrue();
    assertThat(bucket.startable()).isEqualTo(1);
    bucket.start(BEGIN, 5_000);

    assertThat(bucket.hasRoom(1)).isFalse();
    assertThat(bucket.startable()).isZero();
    assertThat(bucket(quota, bucket.state(), BEGIN + 2 * MINUTE).hasRoom(5_000)).isTrue();
  }

  @Test
  void whatCallsTookPutsTheEstimatesRight() {
    var quota = new Quota(null, 5_000L);
    var bucket = bucket(quota, QuotaState.NEW, BEGIN);
    for (int i = 0; i < 4; i++) {
      bucket.start(BEGIN, bucket.expected(1_100));
    }
    assertThat(bucket.hasRoom(bucket.expected(1_100))).isFalse();

    var settled = settled(bucket.state(), new Tokens(4 * 110, 4 * 1_100));
    var after = bucket(quota, settled, BEGIN + SECOND);

    assertThat(after.expected(1_100)).isEqualTo(110);
    assertThat(after.startable()).isEqualTo((5_000 - 440) / 110);
    var more = bucket(quota, settled(after.state(), new Tokens(9_000, 4_000)), BEGIN + 2 * SECOND);
    assertThat(more.hasRoom(1)).isFalse();
    assertThat(more.expected(1_100)).isGreaterThan(1_000);
  }

  @ParameterizedTest
  @CsvSource({"10, , 1", "60, , 2", ", 5000, 3", "100, 20000, 4", "7, 100000, 5"})
  void noMinuteHoldsMoreThanTheQuotaAndNearlyAllOfItIsUsed(Long requests, Long tokens, long seed) {
    var flood = new Flood(new Quota(requests, tokens), new Random(seed));
    int jobs = 400;

    List<long[]> starts = flood.run(jobs, 0);

    assertThat(starts).hasSize(jobs);
    double used = 0;
    for (int from = 0; from < starts.size(); from++) {
      long sum = 0;
      int count = 0;
      for (int i = from;
          i < starts.size() && starts.get(i)[0] < starts.get(from)[0] + MINUTE;
          i++) {
        sum += starts.get(i)[1];
        count++;
      }
      if (requests != null) {
        assertThat(count).isLessThanOrEqualTo(requests.intValue());
      }
      if (tokens != null) {
        assertThat(sum).isLessThanOrEqualTo(tokens);
      }
      used += (double) starts.get(from)[1];
    }
    double minutes = (double) (starts.getLast()[0] - starts.getFirst()[0]) / (double) MINUTE;
    double share =
        Math.max(
            requests == null ? 0 : jobs / (minutes * (double) requests),
            tokens == null ? 0 : used / (minutes * (double) tokens));
    assertThat(share).isGreaterThan(0.8);
    assertThat(flood.mostOften).isLessThanOrEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource({"40, 1", "40, 2", "400, 3", "400, 4"})
  void interactiveJobsWaitAMinuteOrTwoWhateverElseIsInLine(int interactive, long seed) {
    var flood = new Flood(new Quota(30L, null), new Random(seed));

    assertThat(flood.run(2_000, interactive)).hasSize(2_000 + interactive);

    assertThat(flood.longestInteractive).isLessThan(2 * MINUTE);
    assertThat(flood.mostOften).isLessThanOrEqualTo(12);
  }

  /** Many jobs at once, judged four times a second; and now and then one that goes ahead. */
  private static final class Flood {
    private final Quota quota;
    private final Random random;
    private QuotaState state = QuotaState.NEW;
    private int mostOften;
    private long longestInteractive;

    Flood(Quota quota, Random random) {
      this.quota = quota;
      this.random = random;
    }

    private record Job(long due, long tokens, boolean interactive, long since, int times) {
      Place place() {
        return Place.of(interactive, times);
      }
    }

    List<long[]> run(int jobs, int interactive) {
      var waiting = new PriorityQueue<Job>((a, b) -> Long.compare(a.due(), b.due()));
      for (int i = 0; i < jobs; i++) {
        waiting.add(new Job(BEGIN, random.nextLong(1, 900), false, BEGIN, 0));
      }
      for (int i = 0; i < interactive; i++) {
        long at = BEGIN + random.nextLong(60 * MINUTE);
        waiting.add(new Job(at, 100, true, at, 0));
      }
      List<long[]> starts = new ArrayList<>();
      for (long now = BEGIN; !waiting.isEmpty(); now += SECOND / 4) {
        var bucket = bucket(quota, state, now);
        while (!waiting.isEmpty() && waiting.peek().due() <= now) {
          judge(waiting.poll(), bucket, now, waiting, starts);
        }
        state = bucket.state();
        assertThat(state.starts()).hasSizeLessThanOrEqualTo(61);
      }
      return starts;
    }

    private void judge(
        Job job, QuotaBucket bucket, long now, PriorityQueue<Job> waiting, List<long[]> starts) {
      if (bucket.mayStart(job.place(), now, job.tokens())) {
        bucket.start(now, job.tokens());
        starts.add(new long[] {now, job.tokens()});
        mostOften = Math.max(mostOften, job.times());
        if (job.interactive()) {
          longestInteractive = Math.max(longestInteractive, now - job.since());
        }
      } else {
        long turn = bucket.putOff(job.place(), now, job.tokens(), NEVER);
        assertThat(turn).isGreaterThanOrEqualTo(now);
        waiting.add(new Job(turn, job.tokens(), job.interactive(), job.since(), job.times() + 1));
      }
    }
  }

  private static QuotaState settled(QuotaState state, Tokens settled) {
    return new QuotaState(
        state.starts(), state.far(), state.near(), state.front(), settled, state.learnt());
  }

  private static QuotaBucket bucket(Quota quota, QuotaState state, long now) {
    return new QuotaBucket(quota, state, now);
  }
}
