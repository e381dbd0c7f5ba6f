package io.millrace.api.submit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.api.problem.Refused;
import io.millrace.testkit.PostgresExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.unit.DataSize;

class RoomTest {

  private static final DataSize NOTHING = DataSize.ofBytes(0);

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.shared();

  @TempDir Path data;
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private long now;

  @Test
  void aDiskThatIsNearlyFullClosesIntake() throws IOException {
    long free = Files.getFileStore(data).getUsableSpace();
    Room nearlyFull = room(data, DataSize.ofBytes(free + (1L << 40)), NOTHING);
    Room spacious = room(data, DataSize.ofBytes(1), NOTHING);

    nearlyFull.look();
    spacious.look();

    assertThatThrownBy(nearlyFull::enter).isInstanceOf(Refused.class);
    assertThatCode(spacious::enter).doesNotThrowAnyException();
  }

  @Test
  void aDatabaseThatHasGrownToItsSizeClosesIntake() {
    Room grown = room(null, NOTHING, DataSize.ofMegabytes(1));
    Room small = room(null, NOTHING, DataSize.ofTerabytes(1));

    grown.look();
    small.look();

    assertThatThrownBy(grown::enter).isInstanceOf(Refused.class);
    assertThat(meters.get("millrace.intake.closed").gauge().value()).isEqualTo(1);
    assertThatCode(small::enter).doesNotThrowAnyException();
  }

  @Test
  void afterAFullDiskOneIsTriedEveryFiveSeconds() {
    Room room = room(null, NOTHING, NOTHING);
    assertThat(room.full().status()).isEqualTo(503);
    now += Duration.ofMillis(4_999).toNanos();
    assertThatThrownBy(room::enter).isInstanceOf(Refused.class);

    now += Duration.ofMillis(1).toNanos();

    assertThatCode(room::enter).doesNotThrowAnyException();
    room.full();
    assertThatThrownBy(room::enter).isInstanceOf(Refused.class);
    room.stored();
    assertThatCode(room::enter).doesNotThrowAnyException();
  }

  @Configuration(proxyBeanMethods = false)
  @EnableConfigurationProperties(RoomSettings.class)
  static class OnlySettings {}

  @Test
  void settingsHaveDefaultsAndEachKeyArrives() {
    var runner = new ApplicationContextRunner().withUserConfiguration(OnlySettings.class);
    runner.run(context ->
        assertThat(context.getBean(RoomSettings.class))
            .isEqualTo(new RoomSettings(null, DataSize.ofGigabytes(1), NOTHING)));
    runner
        .withPropertyValues(
            "millrace.intake.data-directory=/data",
            "millrace.intake.min-free=7MB",
            "millrace.intake.max-database-bytes=1000")
        .run(context ->
            assertThat(context.getBean(RoomSettings.class))
                .isEqualTo(
                    new RoomSettings(
                        Path.of("/data"), DataSize.ofMegabytes(7), DataSize.ofBytes(1_000))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"millrace.intake.min-free=-1B", "millrace.intake.max-database-bytes=-1B"})
  void badValuesRefuseToStart(String bad) {
    new ApplicationContextRunner()
        .withUserConfiguration(OnlySettings.class)
        .withPropertyValues(bad)
        .run(context -> assertThat(context).hasFailed());
  }

  private Room room(@Nullable Path directory, DataSize minFree, DataSize most) {
    return new Room(
        new RoomSettings(directory, minFree, most), postgres.database(), () -> now, meters);
  }
}
