package io.millrace.claude.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallTimeoutTest {

  @ParameterizedTest
  @CsvSource({
    // max_tokens, input, elaborate, seconds
    "0,        10,      false, 120",
    "100,      10,      false, 130",
    "1024,     2000,    false, 223",
    "4096,     10,      false, 529",
    "8192,     10,      false, 600",
    "100,      900000,  false, 580",
    "100,      1000000, false, 600",
    "100,      10,      true,  600",
    "21000,    10,      false, 600",
    "32000,    10,      false, 900",
    "64000,    10,      true,  1800",
    "128000,   10,      false, 3600",
    "300000,   10,      false, 3600",
    "2147483647, 10,    false, 3600"
  })
  void theTimeoutFitsTheRequest(long maxTokens, long input, boolean elaborate, long seconds) {
    assertThat(CallTimeout.DEFAULT.fitting(maxTokens, input, elaborate))
        .isEqualTo(Duration.ofSeconds(seconds));
  }

  @Test
  void noCallIsCutThatKeepsTheProvidersPace() {
    for (int tokens = 0; tokens <= 128_000; tokens += 500) {
      assertThat(CallTimeout.DEFAULT.fitting(tokens, 0, false).toSeconds())
          .isGreaterThanOrEqualTo(tokens * 3600L / 128_000);
    }
  }

  @Test
  void theBaseIsBounded() {
    for (Duration bad : new Duration[] {Duration.ZERO, Duration.ofMinutes(61)}) {
      assertThatIllegalArgumentException().isThrownBy(() -> new CallTimeout(bad));
    }
    assertThat(new CallTimeout(Duration.ofSeconds(30)).fitting(100, 10, true))
        .isEqualTo(Duration.ofSeconds(30));
    assertThat(new CallTimeout(Duration.ofHours(1)).fitting(64_000, 10, false))
        .isEqualTo(Duration.ofHours(1));
  }
}
