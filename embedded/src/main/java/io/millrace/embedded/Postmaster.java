package io.millrace.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** PostgreSQL's first process as its pid file names it; alive when it was looked at. */
record Postmaster(long pid, int port, Path data) {

  private static final Path PROC = Path.of("/proc");
  private static final Duration LOOK_AGAIN = Duration.ofMillis(20);
  private static final int PID_LINE = 0;
  private static final int PORT_LINE = 3;

  /** The living server of a data directory. A pid file that an earlier life left behind is none. */
  static Optional<Postmaster> of(Path data) {
    return named(data).filter(Postmaster::isAlive);
  }

  /** Whether the pid file names a process that has ended, but whose number is not free yet. */
  static boolean isPassingAway(Path data) {
    return named(data).filter(Postmaster::isZombie).isPresent();
  }

  private static Optional<Postmaster> named(Path data) {
    try {
      List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"));
      if (lines.size() <= PORT_LINE) {
        return Optional.empty();
      }
      return Optional.of(
          new Postmaster(
              Long.parseLong(lines.get(PID_LINE).strip()),
              Integer.parseInt(lines.get(PORT_LINE).strip()),
              data.toRealPath()));
    } catch (IOException | NumberFormatException e) {
      // No file, or one that is being written or taken away at this moment.
      return Optional.empty();
    }
  }

  private boolean isZombie() {
    try {
      return Files.readString(PROC.resolve(pid + "/stat")).contains(") Z ");
    } catch (IOException e) {
      // Gone by now, or a system that does not tell: then the next attempt shows.
      return !Files.isDirectory(PROC.resolve("self")) || ProcessHandle.of(pid).isEmpty();
    }
  }

  boolean isAlive() {
    return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).filter(this::serves).isPresent();
  }

  /**
   * Ends the server and its children the way a power cut does, and waits until they are gone.
   *
   * @return whether they are
   */
  boolean kill(Duration bound) {
    Optional<ProcessHandle> first = ProcessHandle.of(pid).filter(this::serves);
    List<ProcessHandle> children = first.stream().flatMap(ProcessHandle::descendants).toList();
    first.ifPresent(ProcessHandle::destroyForcibly);
    List<ProcessHandle> leftovers = leftovers();
    List<ProcessHandle> all =
        Stream.of(first.stream(), children.stream(), leftovers.stream())
            .flatMap(handles -> handles)
            .distinct()
            .toList();
    all.forEach(ProcessHandle::destroyForcibly);
    // Their end is not announced to us, whose children they are not: look again and again.
    long giveUp = System.nanoTime() + bound.toNanos();
    while (all.stream().anyMatch(ProcessHandle::isAlive)) {
      if (System.nanoTime() - giveUp > 0) {
        return false;
      }
      LockSupport.parkNanos(LOOK_AGAIN.toNanos());
    }
    return true;
  }

  /** Processes of this data directory, whether their postmaster lives or not. */
  private List<ProcessHandle> leftovers() {
    return Files.isDirectory(PROC.resolve("self"))
        ? ProcessHandle.allProcesses().filter(this::worksInData).toList()
        : List.of();
  }

  private boolean serves(ProcessHandle process) {
    return Files.isDirectory(PROC.resolve("self"))
        ? worksInData(process)
        : process.info().command().filter(command -> command.endsWith("postgres")).isPresent();
  }

  // Every process of PostgreSQL works in its data directory. A pid alone proves nothing: after a
  // restart of the machine it may be anybody's.
  private boolean worksInData(ProcessHandle process) {
    try {
      return Files.readSymbolicLink(PROC.resolve(process.pid() + "/cwd")).equals(data);
    } catch (IOException e) {
      return false;
    }
  }
}
