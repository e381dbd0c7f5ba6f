package io.millrace.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReleasedJobTest {

  @Test
  void aRecordIsReadAsItWasWritten() {
    var record = new ReleasedJob(new JobId(new UUID(1, 2)), 2_000_000_000);

    assertThat(ReleasedJob.decode(record.encode())).contains(record);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        "job_00000000000000000000000000",
        "job_00000000000000000000000000:",
        "job_00000000000000000000000000:x",
        "job_00000000000000000000000000:-1",
        "job_00000000000000000000000000:99999999999",
        "nonsense:1",
        "{\"id\":1}"
      })
  void anUnreadableRecordIsEmpty(String text) {
    assertThat(ReleasedJob.decode(text)).isEmpty();
  }
}
