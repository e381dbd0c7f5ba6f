package io.millrace.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A locked data directory that nobody will come back to. A JVM that was killed leaves such a
 * directory, and perhaps its server, behind; whoever makes the next one finds its lock free and
 * clears it away.
 */
record TemporaryDirectory(Path path, DirectoryLock lock) {

  private static final Logger LOG = LoggerFactory.getLogger(TemporaryDirectory.class);

  /**
   * Makes a new one.
   *
   * @param stopServer ends what may still run in an abandoned directory, before that is deleted
   */
  static TemporaryDirectory create(String prefix, Consumer<Path> stopServer) throws IOException {
    clearAbandoned(prefix, stopServer);
    while (true) {
      Path path = Files.createTempDirectory(prefix).toRealPath();
      Optional<DirectoryLock> lock = DirectoryLock.tryLock(path);
      if (lock.isPresent()) {
        return new TemporaryDirectory(path, lock.get());
      }
      // Somebody clearing away looked in between; the directory is theirs to delete.
    }
  }

  private static void clearAbandoned(String prefix, Consumer<Path> stopServer) throws IOException {
    List<Path> found;
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      found =
          files
              .filter(file -> String.valueOf(file.getFileName()).startsWith(prefix))
              .filter(file -> Files.isWritable(file.resolve(DirectoryLock.FILE)))
              .toList();
    }
    for (Path directory : found) {
      try {
        clear(directory, stopServer);
      } catch (IOException | UncheckedIOException | ServerFailed e) {
        LOG.debug("{} could not be cleared away: {}", directory, e.toString());
      }
    }
  }

  private static void clear(Path directory, Consumer<Path> stopServer) throws IOException {
    Optional<DirectoryLock> lock = DirectoryLock.tryLock(directory);
    if (lock.isEmpty()) {
      return;
    }
    try (DirectoryLock _ = lock.get()) {
      stopServer.accept(directory);
      DirectoryTree.delete(directory);
    }
  }
}
