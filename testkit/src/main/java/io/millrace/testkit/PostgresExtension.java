package io.millrace.testkit;

import io.millrace.db.sql.Database;
import io.millrace.embedded.EmbeddedPostgres;
import java.util.TimeZone;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * A migrated, empty database on a real PostgreSQL: one for the test class when registered in a
 * static field, one for each test when registered in an instance field.
 *
 * <p>All databases of a JVM live on one throwaway server and are copies of one migrated template,
 * so that a fresh one costs tens of milliseconds. {@link #durable} has a server to itself that
 * syncs to disk, for tests that stop or kill it. The JVM is moved to an awkward time zone, 12:45
 * ahead of UTC, as are the sessions that do not choose one.
 */
public final class PostgresExtension
    implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback {

  private static final String ZONE = "Pacific/Chatham";
  private static final String TEMPLATE = "millrace";
  private static final int CONNECTIONS = 10;
  private static final AtomicInteger DATABASES = new AtomicInteger();

  private final boolean durable;
  private @Nullable MigratedServer server;
  private @Nullable String name;
  private @Nullable Database database;
  private boolean oneForTheClass;

  private PostgresExtension(boolean durable) {
    this.durable = durable;
  }

  /** On the server that all tests of this JVM share; do not stop it. */
  public static PostgresExtension shared() {
    return new PostgresExtension(false);
  }

  /** On a server of its own, with everything on that makes a commit survive a crash. */
  public static PostgresExtension durable() {
    return new PostgresExtension(true);
  }

  /** A pool to the database, through which the product works with it. */
  public Database database() {
    return required(database);
  }

  public Database.Address address() {
    return address(server().postgres, required(name));
  }

  public String jdbcUrl() {
    return address().url();
  }

  public String username() {
    return address().username();
  }

  public String password() {
    return address().password();
  }

  /** The server itself, for tests that stop, kill and restart it. */
  public EmbeddedPostgres postgres() {
    return server().postgres;
  }

  private MigratedServer server() {
    return required(server);
  }

  private static <T> T required(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException(
          "there is a database only while tests run; is the field annotated @RegisterExtension?");
    }
    return value;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    oneForTheClass = true;
    open(context);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    if (!oneForTheClass) {
      open(context);
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    if (!oneForTheClass) {
      close();
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    close();
  }

  private void open(ExtensionContext context) {
    MigratedServer found =
        durable
            ? MigratedServer.start(EmbeddedPostgres.builder())
            : context
                .getRoot()
                .getStore(Namespace.create(PostgresExtension.class))
                .computeIfAbsent(
                    MigratedServer.class,
                    key -> MigratedServer.start(EmbeddedPostgres.builder().throwaway()),
                    MigratedServer.class);
    String fresh = "test_" + DATABASES.incrementAndGet();
    found.postgres.createDatabase(fresh, TEMPLATE);
    server = found;
    name = fresh;
    database = Database.open(address(found.postgres, fresh), fresh, CONNECTIONS);
  }

  private void close() {
    if (database != null) {
      database.close();
    }
    if (server != null && durable) {
      server.close();
    } else if (server != null && name != null) {
      server.postgres.dropDatabase(name);
    }
    database = null;
    server = null;
    name = null;
  }

  private static Database.Address address(EmbeddedPostgres postgres, String name) {
    return new Database.Address(postgres.jdbcUrl(name), postgres.username(), postgres.password());
  }

  /** A server whose default database is migrated, and that nobody is connected to. */
  private record MigratedServer(EmbeddedPostgres postgres) implements AutoCloseable {

    static MigratedServer start(EmbeddedPostgres.Builder builder) {
      TimeZone.setDefault(TimeZone.getTimeZone(ZONE));
      EmbeddedPostgres postgres =
          builder.setting("timezone", ZONE).setting("max_connections", "300").start();
      try (var template = Database.open(address(postgres, TEMPLATE), "template", 1)) {
        template.migrate();
        return new MigratedServer(postgres);
      } catch (RuntimeException e) {
        postgres.close();
        throw e;
      }
    }

    @Override
    public void close() {
      postgres.close();
    }
  }
}
