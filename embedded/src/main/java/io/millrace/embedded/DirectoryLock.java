package io.millrace.embedded;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Says that one process of Millrace uses a data directory. The operating system gives the lock back
 * when the process dies, however it dies; the servers that the process started do not inherit it.
 */
final class DirectoryLock implements AutoCloseable {

  static final String FILE = "millrace.lock";

  // Closing any channel of a file gives up every lock that this JVM holds on it: the file of a
  // directory that is already ours must not even be opened.
  private static final Set<Path> OURS = ConcurrentHashMap.newKeySet();

  private final Path directory;
  private final FileChannel channel;

  private DirectoryLock(Path directory, FileChannel channel) {
    this.directory = directory;
    this.channel = channel;
  }

  static Optional<DirectoryLock> tryLock(Path path) throws IOException {
    Path directory = path.toRealPath();
    if (!OURS.add(directory)) {
      return Optional.empty();
    }
    FileLock lock = null;
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(
              directory.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      lock = channel.tryLock();
      return lock == null ? Optional.empty() : Optional.of(new DirectoryLock(directory, channel));
    } finally {
      if (lock == null) {
        if (channel != null) {
          channel.close();
        }
        OURS.remove(directory);
      }
    }
  }

  static DirectoryLock lock(Path directory) throws IOException {
    return tryLock(directory)
        .orElseThrow(() ->
            new ServerFailed(
                "The data directory %s is in use by another Millrace process. Stop that one, or choose another directory."
                    .formatted(directory)));
  }

  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      channel.close();
      OURS.remove(directory);
    }
  }
}
