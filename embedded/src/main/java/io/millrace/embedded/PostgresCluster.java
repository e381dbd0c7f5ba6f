package io.millrace.embedded;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A data directory of Millrace's PostgreSQL: {@code pgdata} with the superuser's password, the
 * server's log and our lock beside it, all of them readable by their owner only.
 */
final class PostgresCluster {

  static final String USER = "millrace";

  private static final Duration INITDB_BOUND = Duration.ofMinutes(2);
  private static final long LOG_KEPT = 16L << 20;
  private static final int LOG_SHOWN = 4_000;

  private final Path base;
  private final PostgresBinaries programs;
  private final RunAs runAs;

  PostgresCluster(Path base, PostgresBinaries programs, RunAs runAs) {
    this.base = base;
    this.programs = programs;
    this.runAs = runAs;
  }

  Path data() {
    return base.resolve("pgdata");
  }

  Path log() {
    return base.resolve("postgres.log");
  }

  private Path passwordFile() {
    return base.resolve("password");
  }

  String password() throws IOException {
    return Files.readString(passwordFile()).strip();
  }

  /** Makes the data directory unless it is there; one that was interrupted is made afresh. */
  void initialise(boolean sync) throws IOException {
    runAs.own(base);
    if (Files.exists(data().resolve("PG_VERSION"))) {
      return;
    }
    if (Files.exists(data())) {
      throw new ServerFailed(
          "%s is there but is no PostgreSQL data directory. Choose another directory."
              .formatted(data()));
    }
    removeInterrupted();
    byte[] secret = new byte[24];
    new SecureRandom().nextBytes(secret);
    DirectoryTree.replace(passwordFile(), HexFormat.of().formatHex(secret));
    runAs.own(base);
    Path fresh = base.resolve("pgdata.new-" + UUID.randomUUID());
    List<String> command =
        new ArrayList<>(
            runAs.command(
                programs.program("initdb"),
                "--pgdata=" + fresh,
                "--username=" + USER,
                "--pwfile=" + passwordFile(),
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--data-checksums",
                "--no-instructions"));
    if (!sync) {
      command.add("--no-sync");
    }
    Command.Ended ended = Command.run(command, Map.of(), INITDB_BOUND);
    if (!ended.well()) {
      DirectoryTree.delete(fresh);
      throw new ServerFailed("initdb failed in %s: %s".formatted(base, ended.output()));
    }
    Files.move(fresh, data(), StandardCopyOption.ATOMIC_MOVE);
  }

  private void removeInterrupted() throws IOException {
    try (Stream<Path> files = Files.list(base)) {
      files
          .filter(file -> String.valueOf(file.getFileName()).startsWith("pgdata.new-"))
          .forEach(DirectoryTree::delete);
    }
  }

  private Path configurationFile() {
    return data().resolve("postgresql.conf");
  }

  /** Whether the server that was started last had exactly this configuration. */
  boolean isConfigured(PostgresSettings settings, int port) throws IOException {
    return Files.readString(configurationFile()).equals(text(settings, port));
  }

  void configure(PostgresSettings settings, int port) throws IOException {
    DirectoryTree.replace(configurationFile(), text(settings, port));
    if (runAs.isStranger()) {
      runAs.own(configurationFile());
    }
  }

  // The programs' directory names their version: a server of an older one is not adopted.
  private String text(PostgresSettings settings, int port) {
    return "# Written by Millrace at each start. Programs: %s%n%s"
        .formatted(programs.program("postgres"), settings.text(port));
  }

  Command.Ended start(Duration bound) {
    return pgCtl(bound, "start", "--log=" + log());
  }

  Command.Ended stop(String mode, Duration bound) {
    return pgCtl(bound, "stop", "--mode=" + mode);
  }

  /** Stops a server whose data nobody wants any more. */
  void end() {
    if (Postmaster.of(data()).isPresent()) {
      stop("immediate", Duration.ofSeconds(10));
    }
  }

  // pg_ctl gives the server a session of its own: Ctrl-C in our terminal does not reach it.
  private Command.Ended pgCtl(Duration bound, String verb, String option) {
    var command =
        runAs.command(
            programs.program("pg_ctl"),
            verb,
            option,
            "--pgdata=" + data(),
            "--wait",
            "--silent",
            "--timeout=" + Math.max(1, bound.toSeconds()));
    return Command.run(command, Map.of(), bound.plusSeconds(15));
  }

  /** How far the log has been written; a log that has grown large is begun anew. */
  long logMark() throws IOException {
    if (Files.exists(log()) && Files.size(log()) > LOG_KEPT) {
      Files.move(
          log(), log().resolveSibling("postgres.log.old"), StandardCopyOption.REPLACE_EXISTING);
    }
    return Files.exists(log()) ? Files.size(log()) : 0;
  }

  /** The end of what was logged after the mark. */
  String logSince(long mark) throws IOException {
    if (!Files.exists(log())) {
      return "";
    }
    try (var file = new RandomAccessFile(log().toFile(), "r")) {
      long from = Math.max(mark, file.length() - LOG_SHOWN);
      byte[] bytes = new byte[(int) Math.max(0, file.length() - from)];
      file.seek(from);
      file.readFully(bytes);
      return new String(bytes, StandardCharsets.UTF_8).strip();
    }
  }
}
