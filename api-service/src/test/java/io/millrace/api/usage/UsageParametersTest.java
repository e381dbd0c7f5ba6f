package io.millrace.api.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.api.problem.Refused;
import io.millrace.db.usage.UsageQuestion.Dimension;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UsageParametersTest {

  private static final Instant NOW = Instant.parse("2026-11-20T15:26:31.5Z");

  @Test
  void withoutATimeItIsThirtyDaysWithToday() {
    var asked = UsageParameters.of(null, null, null, NOW);

    assertThat(asked.from()).isEqualTo("2026-10-22T00:00:00Z");
    assertThat(asked.to()).isEqualTo("2026-11-20T16:00:00Z");
    assertThat(asked.groupBy()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "2026-11-01, 2026-11-02, 2026-11-01T00:00:00Z, 2026-11-02T00:00:00Z",
    "2026-11-01T05:00:00+05:00, 2026-11-01T13:00:00Z, 2026-11-01T00:00:00Z, 2026-11-01T13:00:00Z",
    "2026-11-01T05:00:00 05:00, 2026-11-01T13:00:00.000Z, 2026-11-01T00:00:00Z, 2026-11-01T13:00:00Z",
    ", 2026-11-01, 2026-10-02T00:00:00Z, 2026-11-01T00:00:00Z",
    "2026-11-20, , 2026-11-20T00:00:00Z, 2026-11-20T16:00:00Z"
  })
  void timesAreDaysOrWholeHours(String from, String to, Instant start, Instant end) {
    var asked = UsageParameters.of(from, to, null, NOW);

    assertThat(asked.from()).isEqualTo(start);
    assertThat(asked.to()).isEqualTo(end);
  }

  @Test
  void dimensionsComeWithCommasOrOneByOne() {
    var asked =
        UsageParameters.of(null, null, new String[] {"model, user_id", "day,lane,feature"}, NOW);

    assertThat(asked.groupBy())
        .containsExactly(
            Dimension.MODEL, Dimension.USER_ID, Dimension.DAY, Dimension.LANE, Dimension.FEATURE);
    assertThat(UsageParameters.of(null, null, new String[] {""}, NOW).groupBy()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "yesterday,            ,                     ,            from: Should be a day",
    "2026-02-30,           ,                     ,            from: Should be a day",
    "'',                   ,                     ,            from: Should be a day",
    "-999999999-01-01T00:00:00Z, ,               ,            from: Should be a day",
    "2026-11-01T00:30:00Z, ,                     ,            from: Usage is summed by the hour",
    "2026-11-01T00:00:00,  ,                     ,            from: Should be a day",
    ",                     2026-13-01,           ,            to: Should be a day",
    ",                     2026-11-01T00:00:01Z, ,            to: Usage is summed by the hour",
    "2026-11-02,           2026-11-02,           ,            from: Should be before to",
    "2026-11-21,           ,                     ,            from: Should be before to",
    "2025-01-01,           ,                     ,            from: At most 400 days",
    ",                     ,                     hour,        group_by: Should be some of model",
    ",                     ,                     'model,',    group_by: Should be some of model",
    ",                     ,                     'day,day',   group_by: Names day twice"
  })
  void whatIsWrongIsNamed(String from, String to, String groupBy, String complaint) {
    String[] groups = groupBy == null ? null : new String[] {groupBy};

    assertThatExceptionOfType(Refused.class)
        .isThrownBy(() -> UsageParameters.of(from, to, groups, NOW))
        .satisfies(refused -> {
          assertThat(refused.problem().status()).isEqualTo(400);
          assertThat(refused.getMessage()).startsWith(complaint);
        });
  }
}
