package io.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.tenant.Tenants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class DurablePostgresTest {

  @RegisterExtension static final PostgresExtension postgres = PostgresExtension.durable();

  @Test
  void itKeepsWhatWasCommittedThroughAKill() {
    int id = new Tenants(postgres.database()).ensure("kept");
    postgres.postgres().kill();
    postgres.postgres().restart();
    assertThat(new Tenants(postgres.database()).ensure("kept")).isEqualTo(id);
  }
}
