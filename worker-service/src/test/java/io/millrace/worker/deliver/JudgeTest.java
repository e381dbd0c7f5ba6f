package io.millrace.worker.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.webhook.AttemptRecord.Effect;
import io.millrace.db.webhook.AttemptRecord.Effect.Delivered;
import io.millrace.db.webhook.AttemptRecord.Effect.Failed;
import io.millrace.db.webhook.AttemptRecord.Effect.GivenBack;
import io.millrace.db.webhook.AttemptRecord.Effect.Gone;
import io.millrace.db.webhook.AttemptRecord.Effect.Retry;
import io.millrace.db.webhook.AttemptRecord.Strain;
import io.millrace.delivery.DeliveryError;
import io.millrace.worker.deliver.Reply.Answered;
import io.millrace.worker.deliver.Reply.Stopped;
import io.millrace.worker.deliver.Reply.Unanswered;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JudgeTest {

  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
  private static final Judge judge =
      new Judge(List.of(Duration.ZERO, Duration.ofSeconds(5), Duration.ofMinutes(5)), 0.2);

  @ParameterizedTest
  @ValueSource(ints = {200, 201, 204, 299})
  void twoHundredsAloneAreSuccess(int status) {
    assertThat(effect(answered(status, null), 0)).isEqualTo(new Delivered());
  }

  @ParameterizedTest
  @CsvSource({
    "301, REDIRECTED",
    "307, REDIRECTED",
    "404, HTTP_STATUS",
    "500, HTTP_STATUS",
    "410, GONE"
  })
  void anythingElseIsNamed(int status, DeliveryError error) {
    assertThat(Judge.error(answered(status, null))).isEqualTo(error);
  }

  @Test
  void waitsAreThoseOfTheScheduleGiveOrTakeTheirJitter() {
    assertThat(delay(answered(500, null), 0, 0.0)).isEqualTo(Duration.ofSeconds(4));
    assertThat(delay(answered(500, null), 0, 0.5)).isEqualTo(Duration.ofSeconds(5));
    assertThat(delay(answered(500, null), 1, 0.5)).isEqualTo(Duration.ofMinutes(5));
    assertThat(delay(answered(500, null), 1, 0.999))
        .isBetween(Duration.ofSeconds(359), Duration.ofSeconds(360));
    assertThat(effect(answered(500, null), 2)).isEqualTo(new Failed(Strain.NONE));
  }

  @ParameterizedTest
  @CsvSource({
    "60, 60",
    "' 60 ', 60",
    "1, 5",
    "999999, 86400",
    "99999999999999999999, 86400",
    "-5, 5",
    "soon, 5",
    "'Fri, 20 Nov 2026 12:10:00 GMT', 600",
    "'Fri, 20 Nov 2026 11:00:00 GMT', 5"
  })
  void whatAReceiverAsksForCountsWhereItIsLonger(String header, long seconds) {
    assertThat(delay(answered(503, header), 0, 0.5)).isEqualTo(Duration.ofSeconds(seconds));
  }

  @Test
  void goneEndsItAll() {
    assertThat(judge.effect(answered(410, null), 0, true, NOW, half())).isInstanceOf(Gone.class);
    assertThat(judge.effect(answered(410, null), 0, false, NOW, half()))
        .isEqualTo(new Failed(Strain.NONE));
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 502, 503, 504})
  void theOverwhelmedAreSpared(int status) {
    assertThat(strain(answered(status, null)).slow()).isTrue();
    assertThat(strain(answered(500, null)).slow()).isFalse();
    assertThat(strain(new Unanswered(DeliveryError.TIMEOUT, null)).slow()).isTrue();
  }

  @Test
  void aRefusalForTooManyLeavesTheDestinationAloneForAMoment() {
    assertThat(strain(answered(429, "20")).pause()).isEqualTo(Duration.ofSeconds(20));
    assertThat(strain(answered(429, "7200")).pause()).isEqualTo(Duration.ofMinutes(1));
    assertThat(strain(answered(503, "20")).pause()).isEqualTo(Duration.ZERO);
  }

  @Test
  void whatADrainCutGoesBackUncounted() {
    assertThat(effect(new Stopped(), 2)).isEqualTo(new GivenBack());
  }

  private static Strain strain(Reply reply) {
    return ((Retry) effect(reply, 0)).strain();
  }

  private static Duration delay(Reply reply, int tries, double chance) {
    RandomGenerator random = new Fixed(chance);
    return ((Retry) judge.effect(reply, tries, true, NOW, random)).delay();
  }

  private static Effect effect(Reply reply, int tries) {
    return judge.effect(reply, tries, true, NOW, half());
  }

  private static RandomGenerator half() {
    return new Fixed(0.5);
  }

  private static Answered answered(int status, String retryAfter) {
    return new Answered(status, "", retryAfter);
  }

  private record Fixed(double chance) implements RandomGenerator {
    @Override
    public long nextLong() {
      return 0;
    }

    @Override
    public double nextDouble() {
      return chance;
    }
  }
}
