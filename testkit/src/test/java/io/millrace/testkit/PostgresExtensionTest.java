package io.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.db.tenant.Tenants;
import java.time.ZoneId;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class PostgresExtensionTest {

  @RegisterExtension static final PostgresExtension ofTheClass = PostgresExtension.shared();

  @RegisterExtension final PostgresExtension ofTheTest = PostgresExtension.shared();

  @RepeatedTest(2)
  void aDatabaseIsMigratedAndHasNoRowsOfAnEarlierTest() {
    assertThat(tenants(ofTheTest)).isZero();
    new Tenants(ofTheTest.database()).ensure("left-behind");
    assertThat(tenants(ofTheTest)).isOne();
  }

  @Test
  void databasesOfOneServerDoNotSeeEachOther() {
    assertThat(ofTheClass.postgres()).isSameAs(ofTheTest.postgres());
    assertThat(ofTheClass.jdbcUrl()).isNotEqualTo(ofTheTest.jdbcUrl());
    new Tenants(ofTheTest.database()).ensure("here-only");
    assertThat(tenants(ofTheClass)).isZero();
  }

  @Test
  void theZoneIsAwkward() throws Exception {
    assertThat(ZoneId.systemDefault()).isEqualTo(ZoneId.of("Pacific/Chatham"));
    try (var connection = ofTheTest.postgres().connect("postgres");
        var statement = connection.createStatement();
        var zone = statement.executeQuery("show timezone")) {
      assertThat(zone.next()).isTrue();
      assertThat(zone.getString(1)).isEqualTo("Pacific/Chatham");
    }
  }

  private static int tenants(PostgresExtension postgres) {
    return postgres.database().dsl().fetchCount(org.jooq.impl.DSL.table("tenant"));
  }
}
