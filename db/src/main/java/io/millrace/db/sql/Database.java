package io.millrace.db.sql;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.millrace.db.seal.Sealer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.function.Consumer;
import org.flywaydb.core.Flyway;
import org.jooq.DSLContext;
import org.jooq.ExecuteContext;
import org.jooq.ExecuteListener;
import org.jooq.SQLDialect;
import org.jooq.conf.Settings;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;
import org.jooq.impl.DefaultConfiguration;

/**
 * The way to PostgreSQL: one pool in which every wait has a bound, from connecting over a lock to a
 * statement, and a socket that was silently cut is noticed. The first that is noticed takes all
 * others of its time with it, so that nobody waits for the next. A bound in the address, such as
 * {@code ?socketTimeout=5}, wins over the one here.
 *
 * <p>Sequential scans, hash and merge joins are switched off for its sessions: every statement here
 * is made for an index, and a plan chosen while a table was empty must not turn the first minute of
 * load into one long scan.
 */
public final class Database implements AutoCloseable {

  private static final String SESSION =
      "-c statement_timeout=8s -c lock_timeout=3s -c idle_in_transaction_session_timeout=20s"
          + " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
          + " -c enable_bitmapscan=on -c jit=off -c TimeZone=UTC";

  private final Address address;
  private final HikariDataSource pool;
  private final DSLContext dsl;
  private final Sealer sealer;
  private volatile Consumer<SQLException> onFailure = failure -> {};

  /** Where the database is, and as whom. */
  public record Address(String url, String username, String password) {
    @Override
    public String toString() {
      return username + " at " + url.replaceAll("\\?.*", "");
    }
  }

  private Database(Address address, HikariDataSource pool, Sealer sealer) {
    this.address = address;
    this.pool = pool;
    this.sealer = sealer;
    this.dsl =
        DSL.using(
            new DefaultConfiguration()
                .set(pool)
                .set(SQLDialect.POSTGRES)
                .set(new Settings().withExecuteLogging(false).withRenderSchema(false))
                .set(ExecuteListener.onException(this::failed)));
  }

  /**
   * Opens a pool of at most {@code connections}. Does not connect yet: a service starts, and says
   * so in its readiness, while the database is away.
   */
  public static Database open(Address address, String poolName, int connections) {
    var config = new HikariConfig();
    config.setPoolName(poolName);
    config.setJdbcUrl(address.url());
    config.setUsername(address.username());
    config.setPassword(address.password());
    config.setMaximumPoolSize(connections);
    config.setMinimumIdle(Math.min(2, connections));
    config.setConnectionTimeout(Duration.ofSeconds(4).toMillis());
    config.setValidationTimeout(Duration.ofSeconds(1).toMillis());
    config.setKeepaliveTime(Duration.ofSeconds(30).toMillis());
    config.setMaxLifetime(Duration.ofMinutes(30).toMillis());
    config.setInitializationFailTimeout(-1);
    bounds().forEach((key, value) -> config.addDataSourceProperty((String) key, value));
    var deadLines = new DeadLines();
    config.setExceptionOverride(deadLines);
    var pool = new HikariDataSource(config);
    deadLines.watch(pool);
    return new Database(address, pool, Sealer.NONE);
  }

  /**
   * The same database, by the same pool, whose stores encrypt what they write with these keys and
   * decrypt what they read.
   */
  public Database sealedBy(Sealer keys) {
    return new Database(address, pool, keys);
  }

  /** What the stores seal prompts, answers and secrets with. */
  public Sealer sealer() {
    return sealer;
  }

  /**
   * Runs what is missing of the schema; several services may do so at once.
   *
   * @throws io.millrace.db.seal.UnusableKeys where a key goes by the id of another that this
   *     database has seen
   */
  public void migrate() {
    Flyway.configure()
        .dataSource(address.url(), address.username(), address.password())
        .connectRetries(10)
        .connectRetriesInterval(2)
        .load()
        .migrate();
    checkKeys();
  }

  /**
   * Compares the encryption keys with those that this database has seen.
   *
   * @throws io.millrace.db.seal.UnusableKeys where a key goes by the id of another
   */
  public void checkKeys() {
    if (!sealer.fingerprints().isEmpty()) {
      KnownKeys.check(this);
    }
  }

  /** The statements' entry; connections go back to the pool after each statement or transaction. */
  public DSLContext dsl() {
    return dsl;
  }

  public HikariDataSource pool() {
    return pool;
  }

  /** Tells of every statement and transaction that fails from now on; replaces who was told. */
  public void onFailure(Consumer<SQLException> listener) {
    onFailure = listener;
  }

  private void failed(ExecuteContext context) {
    var failure = context.sqlException();
    if (failure != null) {
      onFailure.accept(failure);
    }
  }

  /**
   * A connection of its own, outside the pool, for a session-wide lock or for listening. Its socket
   * waits at most {@code read} for an answer; and the server ends the session, and with it the
   * lock, once nothing was asked on it for three times as long: the news that a client is gone may
   * never arrive.
   */
  public Connection dedicated(String applicationName, Duration read) {
    var properties = bounds();
    properties.setProperty("user", address.username());
    properties.setProperty("password", address.password());
    properties.setProperty("ApplicationName", applicationName);
    properties.setProperty("socketTimeout", String.valueOf(Math.max(1, read.toSeconds())));
    properties.setProperty(
        "options", SESSION + " -c idle_session_timeout=" + read.multipliedBy(3).toMillis());
    try {
      return DriverManager.getConnection(address.url(), properties);
    } catch (SQLException failure) {
      throw new DataAccessException("cannot connect to " + address, failure);
    }
  }

  /**
   * Work on one connection within one transaction, which is rolled back if the work throws. jOOQ's
   * own transactions would ask the server for the isolation level each time.
   */
  public <R> R transaction(Work<R> work) {
    try (var connection = pool.getConnection()) {
      connection.setAutoCommit(false);
      R result;
      try {
        result = work.run(connection);
        connection.commit();
      } catch (SQLException | RuntimeException failure) {
        rollBack(connection, failure);
        throw failure;
      }
      return result;
    } catch (SQLException failure) {
      onFailure.accept(failure);
      throw new DataAccessException(failure.getMessage(), failure);
    }
  }

  /**
   * Work of a single statement, which commits by itself and saves the transaction's round trips.
   */
  public <R> R single(Work<R> work) {
    try (var connection = pool.getConnection()) {
      return work.run(connection);
    } catch (SQLException failure) {
      onFailure.accept(failure);
      throw new DataAccessException(failure.getMessage(), failure);
    }
  }

  private static void rollBack(Connection connection, Exception failure) {
    try {
      connection.rollback();
    } catch (SQLException gone) {
      failure.addSuppressed(gone);
    }
  }

  /** What happens on a connection. */
  @FunctionalInterface
  public interface Work<R> {
    R run(Connection connection) throws SQLException;
  }

  @Override
  public void close() {
    pool.close();
  }

  private static Properties bounds() {
    var properties = new Properties();
    properties.setProperty("options", SESSION);
    properties.setProperty("connectTimeout", "3");
    properties.setProperty("loginTimeout", "4");
    // Past the server's own bound on a statement only a dead line is left to blame.
    properties.setProperty("socketTimeout", "10");
    properties.setProperty("cancelSignalTimeout", "3");
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("prepareThreshold", "3");
    // The detail of an error quotes the row: prompts and answers, which no log may hold.
    properties.setProperty("logServerErrorDetail", "false");
    properties.setProperty("ApplicationName", "millrace");
    return properties;
  }
}
