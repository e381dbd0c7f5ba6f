package io.millrace.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL server of our own, on 127.0.0.1 only, in processes of its own.
 *
 * <p>It outlives a JVM that is killed: the next {@link Builder#start} with the same data directory
 * adopts it if it answers and was configured alike, and otherwise stops it properly and starts
 * anew. Its pid file is never touched by us. A lock of ours keeps two processes of Millrace out of
 * one directory. Nothing is stopped at JVM exit unless the caller does so. Methods may be called
 * from any thread, one at a time.
 */
public final class EmbeddedPostgres implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedPostgres.class);

  // Generous: after a crash the server first replays up to max_wal_size of its log.
  private static final Duration START_BOUND = Duration.ofMinutes(5);
  private static final Duration FAST_STOP_BOUND = Duration.ofSeconds(30);
  private static final Duration IMMEDIATE_STOP_BOUND = Duration.ofSeconds(10);
  private static final Duration KILL_BOUND = Duration.ofSeconds(10);
  private static final Duration LEFTOVERS_BOUND = Duration.ofSeconds(20);
  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final String STARTING_UP = "57P03";
  private static final String PID_TAKEN = "lock file \"postmaster.pid\" already exists";

  private final Builder chosen;
  private final PostgresCluster cluster;
  private final DirectoryLock lock;
  private final @Nullable Path temporary;
  private final String password;
  private int port;

  private EmbeddedPostgres(
      Builder chosen, PostgresCluster cluster, DirectoryLock lock, @Nullable Path temporary)
      throws IOException {
    this.chosen = chosen;
    this.cluster = cluster;
    this.lock = lock;
    this.temporary = temporary;
    cluster.initialise(chosen.durable);
    this.password = cluster.password();
  }

  public static Builder builder() {
    return new Builder();
  }

  public int port() {
    return port;
  }

  /** The superuser, who owns the default database. */
  public String username() {
    return PostgresCluster.USER;
  }

  /** Generated when the data directory was made; kept beside it. */
  public String password() {
    return password;
  }

  /** The address of the default database. */
  public String jdbcUrl() {
    return jdbcUrl(chosen.database);
  }

  public String jdbcUrl(String database) {
    return "jdbc:postgresql://%s:%d/%s".formatted(LoopbackPort.HOST, port, database);
  }

  /** The process id of the server, if it runs. */
  public Optional<Long> pid() {
    return postmaster().map(Postmaster::pid);
  }

  /** Where the server writes its warnings and errors. */
  public Path log() {
    return cluster.log();
  }

  /** A connection to a database of this server, as its superuser. */
  public Connection connect(String database) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", username());
    properties.setProperty("password", password);
    properties.setProperty("connectTimeout", "10");
    properties.setProperty("loginTimeout", "20");
    properties.setProperty("socketTimeout", "60");
    return DriverManager.getConnection(jdbcUrl(database), properties);
  }

  /** Creates a database that is not there yet. */
  public void createDatabase(String name) {
    execute("create database " + quoted(name));
  }

  /** Creates a database as a copy of another one, which nobody may be connected to. */
  public void createDatabase(String name, String template) {
    // Copying files begins and ends with a checkpoint: the quicker way only where that syncs
    // nothing.
    String strategy = chosen.durable ? "wal_log" : "file_copy";
    execute(
        "create database %s template %s strategy %s"
            .formatted(quoted(name), quoted(template), strategy));
  }

  /** Drops a database if it is there, and whoever is connected to it. */
  public void dropDatabase(String name) {
    execute("drop database if exists %s with (force)".formatted(quoted(name)));
  }

  private static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  private void execute(String sql) {
    try (var connection = connect("postgres");
        var statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new ServerFailed("cannot " + sql, e);
    }
  }

  private Optional<Postmaster> postmaster() {
    return Postmaster.of(cluster.data());
  }

  private void launch() throws IOException {
    PostgresSettings settings = PostgresSettings.of(chosen.durable, chosen.settings);
    Optional<Postmaster> orphan = postmaster();
    if (orphan.isPresent() && adopt(orphan.get(), settings)) {
      LOG.info("adopted the PostgreSQL that was left running on port {}", port);
      return;
    }
    if (orphan.isPresent()) {
      LOG.info("stopping the PostgreSQL that was left running on port {}", orphan.get().port());
      stop();
    }
    long giveUp = System.nanoTime() + LEFTOVERS_BOUND.toNanos();
    while (true) {
      port = chooseWanted();
      cluster.configure(settings, port);
      long mark = cluster.logMark();
      Command.Ended ended = cluster.start(START_BOUND);
      if (ended.well()) {
        return;
      }
      String said = cluster.logSince(mark);
      if (!mayPass(said) || System.nanoTime() - giveUp > 0) {
        throw new ServerFailed(
            "PostgreSQL does not start in %s: %s%n%s%s"
                .formatted(cluster.data(), ended.output(), said, advice(said)));
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  // Backends of a killed postmaster hold its shared memory for a moment longer, and its number
  // stays
  // taken until the system's first process has seen its end; and between our look and the server's,
  // another program may take a free port.
  private boolean mayPass(String said) {
    return said.contains("pre-existing shared memory block")
        || (said.contains(PID_TAKEN) && Postmaster.isPassingAway(cluster.data()))
        || (chosen.port == 0 && said.contains("could not bind"));
  }

  private String advice(String said) {
    return said.contains(PID_TAKEN)
        ? "%nAnother process bears the number in postmaster.pid, which a crash has left. Make sure that no PostgreSQL uses %s, then delete that one file."
            .formatted(cluster.data())
        : "";
  }

  // The port of last time if nobody has it now: clients that wait for a restart find it again.
  private int chooseWanted() {
    if (chosen.port != 0) {
      LoopbackPort.requireFree(chosen.port, "PostgreSQL");
      return chosen.port;
    }
    return port != 0 && LoopbackPort.isFree(port) ? port : LoopbackPort.free();
  }

  private boolean adopt(Postmaster orphan, PostgresSettings settings) throws IOException {
    if ((chosen.port != 0 && chosen.port != orphan.port())
        || !cluster.isConfigured(settings, orphan.port())) {
      return false;
    }
    port = orphan.port();
    long giveUp = System.nanoTime() + START_BOUND.toNanos();
    while (System.nanoTime() - giveUp < 0) {
      try (var connection = connect("postgres");
          var statement = connection.createStatement();
          var shown = statement.executeQuery("show data_directory")) {
        return shown.next() && Path.of(shown.getString(1)).toRealPath().equals(orphan.data());
      } catch (SQLException e) {
        if (!STARTING_UP.equals(e.getSQLState())) {
          return false;
        }
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
    return false;
  }

  private void createDefaultDatabase() throws SQLException {
    try (var connection = connect("postgres");
        var exists = connection.prepareStatement("select from pg_database where datname = ?")) {
      exists.setString(1, chosen.database);
      try (var found = exists.executeQuery()) {
        if (found.next()) {
          return;
        }
      }
    }
    createDatabase(chosen.database);
  }

  /** Stops the server in good order, and less and less kindly if it does not follow. */
  public void stop() {
    stop(chosen.durable ? "fast" : "immediate");
  }

  private void stop(String mode) {
    if (postmaster().isEmpty() || cluster.stop(mode, FAST_STOP_BOUND).well()) {
      return;
    }
    if (postmaster().isEmpty() || cluster.stop("immediate", IMMEDIATE_STOP_BOUND).well()) {
      return;
    }
    LOG.warn(
        "PostgreSQL in {} does not stop and is killed; it recovers at its next start",
        cluster.data());
    kill();
  }

  /** Ends every process of the server at once, as a crash would. */
  public void kill() {
    Optional<Postmaster> server = postmaster();
    if (server.isPresent() && !server.get().kill(KILL_BOUND)) {
      throw new ServerFailed(
          "the processes of PostgreSQL in %s do not end".formatted(cluster.data()));
    }
  }

  /** Stops the server if it runs, and starts it on the same port with the same data. */
  public void restart() {
    try {
      stop("fast");
      launch();
    } catch (IOException e) {
      throw new ServerFailed("cannot restart PostgreSQL in " + cluster.data(), e);
    }
  }

  /** Stops the server, gives the directory back and, if it was a temporary one, deletes it. */
  @Override
  public void close() {
    try {
      stop();
      if (temporary != null) {
        DirectoryTree.delete(temporary);
      }
      lock.close();
    } catch (IOException e) {
      throw new ServerFailed("cannot let go of " + cluster.data(), e);
    }
  }

  /** What a caller may choose; all of it has a default. */
  public static final class Builder {

    private @Nullable Path directory;
    private @Nullable Path cache;
    private int port;
    private boolean durable = true;
    private @Nullable RunAs runAs;
    private String database = "millrace";
    private final Map<String, String> settings = new LinkedHashMap<>();

    private Builder() {}

    /** Where the data stays. Without it, a temporary directory that is deleted on close. */
    public Builder dataDirectory(Path path) {
      this.directory = path.toAbsolutePath().normalize();
      return this;
    }

    /** Where the programs are unpacked, for all data directories of a user. */
    public Builder cacheDirectory(Path path) {
      this.cache = path.toAbsolutePath().normalize();
      return this;
    }

    /** The port; 0, the default, takes a free one. */
    public Builder port(int number) {
      this.port = number;
      return this;
    }

    /** The default database's name, {@code millrace} unless said. It is created if missing. */
    public Builder database(String name) {
      this.database = name;
      return this;
    }

    /** One line of postgresql.conf. */
    public Builder setting(String name, String value) {
      settings.put(name, value);
      return this;
    }

    /** Gives up durability for speed: for tests that do not speak of it. */
    public Builder throwaway() {
      this.durable = false;
      return this;
    }

    Builder runAs(RunAs who) {
      this.runAs = who;
      return this;
    }

    /** Starts the server, or adopts the one that was left running; returns when it answers. */
    public EmbeddedPostgres start() {
      RunAs who = runAs == null ? RunAs.current() : runAs;
      Path home = directory;
      try {
        Path unpacked = cache == null ? defaultCache(who) : cache;
        PostgresBinaries programs = PostgresBinaries.unpackedIn(unpacked);
        if (home == null) {
          TemporaryDirectory fresh =
              TemporaryDirectory.create(
                  "millrace-postgres-",
                  abandoned -> new PostgresCluster(abandoned, programs, who).end());
          return start(
              new PostgresCluster(fresh.path(), programs, who), fresh.lock(), fresh.path());
        }
        DirectoryTree.createPrivate(home);
        return start(new PostgresCluster(home, programs, who), DirectoryLock.lock(home), null);
      } catch (IOException e) {
        throw new ServerFailed("cannot start PostgreSQL: " + e, e);
      }
    }

    private EmbeddedPostgres start(
        PostgresCluster cluster, DirectoryLock lock, @Nullable Path temporary) throws IOException {
      EmbeddedPostgres server = null;
      try {
        server = new EmbeddedPostgres(this, cluster, lock, temporary);
        server.launch();
        server.createDefaultDatabase();
        return server;
      } catch (SQLException e) {
        server.close();
        throw new ServerFailed("PostgreSQL started, but refuses to be used", e);
      } catch (IOException | RuntimeException e) {
        if (temporary != null) {
          cluster.end();
          DirectoryTree.delete(temporary);
        }
        lock.close();
        throw e;
      }
    }

    private static Path defaultCache(RunAs who) {
      if (who.isStranger()) {
        return Path.of("/var/cache/millrace");
      }
      String xdg = System.getenv("XDG_CACHE_HOME");
      Path caches =
          xdg == null || xdg.isBlank()
              ? Path.of(System.getProperty("user.home"), ".cache")
              : Path.of(xdg);
      return caches.toAbsolutePath().resolve("millrace");
    }
  }
}
