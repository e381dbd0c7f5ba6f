package io.millrace.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.simulator.limit.Limits;
import io.millrace.simulator.timing.Distribution;
import io.millrace.simulator.timing.Latency;
import java.io.UncheckedIOException;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SimulatorMainTest {
  @Test
  void whatIsNotSaidIsForTryingThingsOut() {
    SimulatorSettings settings = SimulatorMain.settings();
    assertThat(settings.port()).isEqualTo(8089);
    assertThat(settings.host()).isEqualTo("127.0.0.1");
    assertThat(settings.latency()).isEqualTo(Latency.LOCAL);
    assertThat(settings.limits()).isEqualTo(Limits.of(Limits.Tier.START));
  }

  @Test
  void everyOptionIsTakenInBothForms() {
    SimulatorSettings settings =
        SimulatorMain.settings(
            "--port",
            "0",
            "--host=0.0.0.0",
            "--latency",
            "instant",
            "--output-tokens=lognormal(180,0.6)",
            "--limits",
            "unlimited",
            "--batch-time=uniform(1m,2h)",
            "--batch-factor",
            "60",
            "--keys=a,b",
            "--journal",
            "7",
            "--seed=5");
    assertThat(settings.port()).isZero();
    assertThat(settings.host()).isEqualTo("0.0.0.0");
    assertThat(settings.latency()).isEqualTo(Latency.INSTANT);
    assertThat(settings.outputTokens()).isEqualTo(new Distribution.LogNormal(180, 0.6));
    assertThat(settings.limits()).isEqualTo(Limits.unlimited());
    assertThat(settings.batches().time()).isEqualTo(new Distribution.Uniform(60_000, 7_200_000));
    assertThat(settings.batches().factor()).isEqualTo(60);
    assertThat(settings.keys()).isEqualTo(Set.of("a", "b"));
    assertThat(settings.journal()).isEqualTo(7);
    assertThat(settings.seed()).isEqualTo(5);
  }

  @Test
  void aWrongOptionIsNamed() {
    assertThatThrownBy(() -> SimulatorMain.settings("--prot", "1")).hasMessageContaining("--prot");
    assertThatThrownBy(() -> SimulatorMain.settings("--port", "many")).hasMessageContaining("many");
    assertThatThrownBy(() -> SimulatorMain.settings("--port"))
        .hasMessageContaining("needs a value");
    assertThatThrownBy(() -> SimulatorMain.settings("--limits", "fast"))
        .hasMessageContaining("start, build, scale");
  }

  @Test
  void aTakenPortIsSaid() {
    try (Simulator first = Simulator.start()) {
      SimulatorSettings same = SimulatorSettings.defaults().withPort(first.port());
      assertThatThrownBy(() -> Simulator.start(same))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("cannot listen");
    }
  }
}
