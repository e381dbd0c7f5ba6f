package io.millrace.cli.bench;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory that a benchmark works in, and the processes that work there. Both go when it is
 * closed, which the end of this process sees to as well; what a benchmark that was killed has left
 * behind goes at the start of the next one.
 */
final class Workspace implements AutoCloseable {

  private static final String PREFIX = "run-";
  private static final Duration STOP_BOUND = Duration.ofSeconds(40);
  private static final Duration KILL_BOUND = Duration.ofSeconds(10);

  private final Path root;
  private final Thread atExit = new Thread(this::clear, "bench-clear");
  private boolean closed;
  private int stacks;

  private Workspace(Path root) {
    this.root = root;
  }

  /** Opens a new one within {@code parent}. */
  static Workspace open(Path parent) throws IOException {
    Files.createDirectories(parent);
    clearAbandoned(parent);
    Path root = parent.resolve(PREFIX + ProcessHandle.current().pid());
    Files.createDirectories(root);
    var workspace = new Workspace(root.toAbsolutePath());
    Runtime.getRuntime().addShutdownHook(workspace.atExit);
    return workspace;
  }

  Path root() {
    return root;
  }

  /** A directory of its own for each stack. */
  synchronized Path next(String name) throws IOException {
    if (closed) {
      throw new IOException("the benchmark is ending");
    }
    Path directory = root.resolve("%02d-%s".formatted(++stacks, name));
    Files.createDirectories(directory);
    return directory;
  }

  @Override
  public void close() {
    clear();
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException ending) {
      // The hook is running or has run.
    }
  }

  private synchronized void clear() {
    if (closed) {
      return;
    }
    closed = true;
    stopAll(root);
    delete(root);
  }

  /** Ends every process that says that it works in this directory. */
  static void stopAll(Path directory) {
    // First what drains and then ends its own PostgreSQL and Kafka; then what such a process left
    // behind when it was cut down.
    stop(directory, "io.millrace.cli.Main", ProcessHandle::destroy, STOP_BOUND);
    stop(directory, "", ProcessHandle::destroy, KILL_BOUND);
    stop(directory, "", ProcessHandle::destroyForcibly, KILL_BOUND);
  }

  private static void stop(
      Path directory, String word, Consumer<ProcessHandle> how, Duration bound) {
    List<ProcessHandle> found = find(directory, word);
    found.forEach(how);
    await(found, bound);
  }

  /** Processes that say that they work in this directory, and this word. */
  static List<ProcessHandle> find(Path directory, String word) {
    // PostgreSQL's own children do not name it, and end with their first process.
    String name = directory.toAbsolutePath() + "/";
    long self = ProcessHandle.current().pid();
    return ProcessHandle.allProcesses()
        .filter(process -> process.pid() != self)
        .filter(process -> commandLine(process).contains(name))
        .filter(process -> commandLine(process).contains(word))
        .toList();
  }

  private static String commandLine(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline")).replace('\0', ' ')
          + " ";
    } catch (IOException gone) {
      return process.info().commandLine().orElse("");
    }
  }

  private static void await(List<ProcessHandle> processes, Duration bound) {
    long giveUp = System.nanoTime() + bound.toNanos();
    for (ProcessHandle process : processes) {
      try {
        process.onExit().get(Math.max(1, giveUp - System.nanoTime()), TimeUnit.NANOSECONDS);
      } catch (TimeoutException | ExecutionException late) {
        // The next look finds it again.
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private static void clearAbandoned(Path parent) throws IOException {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> files = Files.list(parent)) {
      files.filter(file -> owner(file).isPresent()).forEach(found::add);
    }
    for (Path directory : found) {
      boolean owned =
          owner(directory)
              .flatMap(ProcessHandle::of)
              .filter(process -> commandLine(process).contains("io.millrace.cli.Main"))
              .isPresent();
      if (!owned) {
        stopAll(directory);
        delete(directory);
      }
    }
  }

  private static Optional<Long> owner(Path directory) {
    String name = String.valueOf(directory.getFileName());
    try {
      return name.startsWith(PREFIX)
          ? Optional.of(Long.parseLong(name.substring(PREFIX.length())))
          : Optional.empty();
    } catch (NumberFormatException other) {
      return Optional.empty();
    }
  }

  /** Deletes what is there; what vanishes meanwhile is no error, and what stays is left. */
  static void delete(Path directory) {
    try {
      Files.walkFileTree(
          directory,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              return remove(file);
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) {
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path done, @Nullable IOException failure) {
              return remove(done);
            }
          });
    } catch (IOException unreadable) {
      // The next benchmark tries again.
    }
  }

  private static FileVisitResult remove(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException inUse) {
      // The next benchmark tries again.
    }
    return FileVisitResult.CONTINUE;
  }
}
