package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.Shell.Ended;
import io.millrace.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands on keys and tenants, on a database that nothing has touched before. */
class KeysTest {

  private static final String KEY = "mr_[0-9A-Za-z]{43}";

  @TempDir private static Path data;

  @Test
  void keysComeWorkAndGo() {
    try (var postgres =
        EmbeddedPostgres.builder().dataDirectory(data.resolve("postgres")).start()) {
      assertThat(on(postgres, "keys", "list").err()).contains("keys create");

      Ended created = on(postgres, "keys", "create", "--tenant", "acme", "--name", "nightly run");
      assertThat(created.exit()).as(created.err()).isZero();
      String key = created.out().strip();
      assertThat(created.out()).matches(KEY + "\\R");
      assertThat(created.err())
          .contains("key_1 \"nightly run\" for tenant acme (new), role tenant");
      assertThat(created.err()).doesNotContain(key.substring(3));

      // The other way to the same database: that of a running up.
      Ended second =
          new Shell()
              .run(
                  "keys", "create", "--tenant=acme", "--role=operator", "--json", "--data=" + data);
      assertThat(second.out())
          .contains("\"id\":\"key_2\"", "\"role\":\"operator\"", "\"key\":\"mr_")
          .contains("\"type\":\"api_key\"");

      assertThat(on(postgres, "keys", "list", "--tenant", "acme").out())
          .contains("nightly run", "mr_", "operator")
          .doesNotContain(key.substring(3));
      assertThat(on(postgres, "keys", "list", "--tenant", "nobody").exit()).isEqualTo(1);

      assertThat(on(postgres, "keys", "revoke", "key_9").exit()).isEqualTo(1);
      assertThat(on(postgres, "keys", "revoke", key).err()).contains("key_1", "is revoked");
      assertThat(on(postgres, "keys", "revoke", "key_1").err()).contains("was revoked at");
      assertThat(on(postgres, "keys", "list").out()).contains("key_2").doesNotContain("key_1");
      assertThat(on(postgres, "keys", "list", "--all", "--json").out())
          .startsWith("{\"data\":[{\"id\":\"key_1\"");
      assertThat(on(postgres, "keys", "revoke", "key_2").err()).contains("No key is left");

      assertThat(on(postgres, "tenants", "pause", "acme").exit()).isZero();
      assertThat(on(postgres, "tenants", "pause", "nobody").exit()).isEqualTo(1);
      assertThat(on(postgres, "tenants", "list").out()).matches("(?s).*acme +0 .*T.*Z .*T.*Z\\s*");
      assertThat(on(postgres, "tenants", "resume", "acme", "--json").out())
          .contains("\"paused_at\":null");
    }
  }

  @Test
  void aDatabaseThatIsNotThereIsSaidSo() {
    Ended ended =
        new Shell()
            .with("SPRING_DATASOURCE_URL", "jdbc:postgresql://127.0.0.1:1/millrace")
            .run("keys", "list");

    assertThat(ended.exit()).isEqualTo(3);
    assertThat(ended.err()).contains("does not answer").doesNotContain("\tat ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "keys",
        "keys crate",
        "keys create",
        "keys create --tenant -x",
        "keys create --tenant a --role admin",
        "keys list",
        "keys list --role tenant",
        "keys revoke",
        "keys revoke a b",
        "keys list --data /nowhere",
        "tenants",
        "tenants pause",
        "tenants pause a/b",
        "tenants list acme"
      })
  void whatIsNotUnderstoodIsRefused(String line) {
    Ended ended = new Shell().run(line.split(" "));

    assertThat(ended.exit()).isEqualTo(2);
    assertThat(ended.err()).contains("--help");
  }

  private static Ended on(EmbeddedPostgres postgres, String... arguments) {
    return new Shell()
        .with("SPRING_DATASOURCE_URL", postgres.jdbcUrl())
        .with("SPRING_DATASOURCE_USERNAME", postgres.username())
        .with("SPRING_DATASOURCE_PASSWORD", postgres.password())
        .run(arguments);
  }
}
