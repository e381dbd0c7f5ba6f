package io.millrace.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** PostgreSQL's first process as its pid file names it; alive when it was looked at. */
record Postmaster(long pid, int port, Path data) {

  private static final Path PROC = Path.of("/proc");
  private static final int PID_LINE = 0;
  private static final int PORT_LINE = 3;

  /** The living server of a data directory. A pid file that an earlier life left behind is none. */
  static Optional<Postmaster> of(Path data) {
    try {
      List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"));
      if (lines.size() <= PORT_LINE) {
        return Optional.empty();
      }
      var found =
          new Postmaster(
              Long.parseLong(lines.get(PID_LINE).strip()),
              Integer.parseInt(lines.get(PORT_LINE).strip()),
              data.toRealPath());
      return found.isAlive() ? Optional.of(found) : Optional.empty();
    } catch (IOException | NumberFormatException e) {
      // No file, or one that is being written or taken away at this moment.
      return Optional.empty();
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
    var gone =
        CompletableFuture.allOf(
            all.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new));
    try {
      gone.get(bound.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException("waiting for the end of a process cannot fail", e);
    }
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
