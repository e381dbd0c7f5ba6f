package io.millrace.cli;

import static io.millrace.testkit.JobFixture.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.Shell.Ended;
import io.millrace.testkit.PostgresExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ResealTest {

  private static final String ONE = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
  private static final String TWO = "k2:YWJjZGVmZ2hpamFiY2RlZmdoaWphYmNkZWZnaGlqYWI=";

  @RegisterExtension final PostgresExtension postgres = PostgresExtension.shared();

  @Test
  void whatIsStoredIsBroughtUnderTheFirstKey() {
    job().prompt("sentinel").submit(postgres.database(), 2);

    Ended dry = reseal(ONE, "--dry-run");
    Ended first = reseal(ONE);
    Ended without = reseal(TWO);
    Ended rotated = reseal(TWO + "," + ONE);
    Ended again = reseal(TWO);

    assertThat(dry.out()).contains("2 values would be encrypted with 'k1'");
    assertThat(first.exit()).isZero();
    assertThat(first.out()).contains("2 values are encrypted with 'k1' now");
    assertThat(without.exit()).isEqualTo(1);
    assertThat(without.out()).contains("2 values could not be decrypted: key_missing 'k1'");
    assertThat(rotated.out()).contains("2 values are encrypted with 'k2' now");
    assertThat(again.exit()).isZero();
    assertThat(again.out()).contains("2 values were encrypted with 'k2' already");
    Ended impostor = reseal(TWO.replace("k2", "k1"));
    assertThat(impostor.exit()).isEqualTo(1);
    assertThat(impostor.err()).contains("'k1' is not the key that this database knows");
  }

  @Test
  void unusableKeysAreRefusedByTheirProperty() {
    assertThat(reseal("").exit()).isEqualTo(2);
    Ended malformed = reseal("k1:c2hvcnQ=");

    assertThat(malformed.exit()).isEqualTo(2);
    assertThat(malformed.err()).contains("millrace.encryption.keys[0]").doesNotContain("c2hvcnQ");
  }

  private Ended reseal(String keys, String... more) {
    var words = new String[more.length + 1];
    words[0] = "reseal";
    System.arraycopy(more, 0, words, 1, more.length);
    return new Shell()
        .with("SPRING_DATASOURCE_URL", postgres.jdbcUrl())
        .with("SPRING_DATASOURCE_USERNAME", postgres.username())
        .with("SPRING_DATASOURCE_PASSWORD", postgres.password())
        .with("MILLRACE_ENCRYPTION_KEYS", keys)
        .run(words);
  }
}
