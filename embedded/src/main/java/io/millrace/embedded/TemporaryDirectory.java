package io.millrace.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A locked data directory that nobody will come back to. A JVM that was killed leaves such a
 * directory and its server behind; whoever makes the next one finds its lock free and clears it
 * away.
 */
record TemporaryDirectory(Path path, DirectoryLock lock) {

  private static final Logger LOG = LoggerFactory.getLogger(TemporaryDirectory.class);
  private static final String PREFIX = "millrace-postgres-";

  static TemporaryDirectory create(PostgresBinaries programs, RunAs runAs) throws IOException {
    clearAbandoned(programs, runAs);
    while (true) {
      Path path = Files.createTempDirectory(PREFIX).toRealPath();
      Optional<DirectoryLock> lock = DirectoryLock.tryLock(path);
      if (lock.isPresent()) {
        return new TemporaryDirectory(path, lock.get());
      }
      // Somebody clearing away looked in between; the directory is theirs to delete.
    }
  }

  private static void clearAbandoned(PostgresBinaries programs, RunAs runAs) throws IOException {
    List<Path> found;
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      found =
          files
              .filter(file -> String.valueOf(file.getFileName()).startsWith(PREFIX))
              .filter(file -> Files.isWritable(file.resolve(DirectoryLock.FILE)))
              .toList();
    }
    for (Path directory : found) {
      try {
        clear(directory, programs, runAs);
      } catch (IOException | UncheckedIOException | ServerFailed e) {
        LOG.debug("{} could not be cleared away: {}", directory, e.toString());
      }
    }
  }

  private static void clear(Path directory, PostgresBinaries programs, RunAs runAs)
      throws IOException {
    Optional<DirectoryLock> lock = DirectoryLock.tryLock(directory);
    if (lock.isEmpty()) {
      return;
    }
    try (DirectoryLock _ = lock.get()) {
      var cluster = new PostgresCluster(directory, programs, runAs);
      if (Postmaster.of(cluster.data()).isPresent()) {
        cluster.stop("immediate", java.time.Duration.ofSeconds(10));
      }
      DirectoryTree.delete(directory);
    }
  }
}
