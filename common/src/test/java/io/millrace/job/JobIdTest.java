package io.millrace.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class JobIdTest {

  private final Random random = new Random(7);

  @Test
  void theTextNamesTheId() {
    for (int i = 0; i < 10_000; i++) {
      var id = new JobId(new UUID(random.nextLong(), random.nextLong()));
      assertThat(JobId.parse(id.toString())).contains(id);
    }
  }

  @Test
  void textBytesAndTimeSortAlike() {
    var start = Instant.parse("2026-11-20T12:00:00Z");
    List<JobId> byTime = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      byTime.add(JobId.create(start.plusNanos(i * 700_000L), random));
    }
    List<JobId> shuffled = new ArrayList<>(byTime);
    Collections.shuffle(shuffled, random);

    assertThat(shuffled.stream().sorted().toList()).isEqualTo(byTime);
    assertThat(shuffled.stream().sorted(Comparator.comparing(JobId::toString)).toList())
        .isEqualTo(byTime);
  }

  @Test
  void anIdIsAUuidOfVersionSeven() {
    var id = JobId.create(Instant.parse("2026-11-20T12:00:00Z"), random);

    assertThat(id.uuid().version()).isEqualTo(7);
    assertThat(id.uuid().variant()).isEqualTo(2);
    assertThat(id.uuid().getMostSignificantBits() >>> 16)
        .isEqualTo(Instant.parse("2026-11-20T12:00:00Z").toEpochMilli());
  }

  @Test
  void whatIsNotAnIdIsRefused() {
    String good = JobId.create(Instant.EPOCH, random).toString();

    assertThat(JobId.parse("")).isEmpty();
    assertThat(JobId.parse("job_")).isEmpty();
    assertThat(JobId.parse(good.substring(1))).isEmpty();
    assertThat(JobId.parse(good + "0")).isEmpty();
    assertThat(JobId.parse(good.replace("job_", "bat_"))).isEmpty();
    assertThat(JobId.parse("job_u" + good.substring(5))).isEmpty();
    assertThat(JobId.parse("job_8" + good.substring(5))).isEmpty();
    assertThat(JobId.parse("job_0é" + good.substring(6))).isEmpty();
  }
}
