package io.millrace.money;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DollarsTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0.000000",
    "0.007, 0.007000",
    "0.0070000000, 0.007000",
    "1E+3, 1000.000000",
    "0.00000001, 0.00000001",
    "12.3456789, 12.3456789",
    "-1.5, -1.500000"
  })
  void amountsAreExactWithAtLeastSixPlaces(BigDecimal amount, String written) {
    assertThat(Dollars.format(amount)).isEqualTo(written);
  }
}
