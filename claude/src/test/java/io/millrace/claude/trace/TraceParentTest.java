package io.millrace.claude.trace;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceParentTest {

  private static final String VALID = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  @Test
  void aValidHeaderIsKeptAsItIs() {
    assertThat(TraceParent.of(VALID)).isEqualTo(VALID);
    assertThat(TraceParent.of(TraceParent.context(VALID))).isEqualTo(VALID);
  }

  @Test
  void aLaterVersionIsReadAsFarAsItIsKnown() {
    assertThat(TraceParent.of("01" + VALID.substring(2) + "-more")).isEqualTo(VALID);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x"
      })
  void anythingElseIsNoHeader(String header) {
    assertThat(TraceParent.of(header)).isNull();
  }

  @Test
  void noHeaderIsNone() {
    assertThat(TraceParent.of((String) null)).isNull();
  }
}
