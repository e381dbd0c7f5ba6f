package io.millrace.embedded;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.storage.Formatter;

/** The directory a broker keeps its records and its cluster's metadata in. */
record KafkaLog(Path base) {

  private static final String CLEAN_SHUTDOWN = ".kafka_cleanshutdown";

  Path directory() {
    return base.resolve("log");
  }

  /** Writes what a broker wants to find in an empty directory; does nothing to a formatted one. */
  void format(int nodeId, String controllerListener) throws IOException {
    if (Files.exists(directory().resolve("meta.properties"))) {
      return;
    }
    if (Files.exists(directory())) {
      throw new ServerFailed(
          "%s is there but is no Kafka log directory. Choose another directory."
              .formatted(directory()));
    }
    removeInterrupted();
    Path fresh = base.resolve("log.new-" + UUID.randomUUID());
    Files.createDirectories(fresh);
    try (var silent =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
      new Formatter()
          .setPrintStream(silent)
          .setNodeId(nodeId)
          .setClusterId(Uuid.randomUuid().toString())
          .setControllerListenerName(controllerListener)
          .setMetadataLogDirectory(fresh.toString())
          .setDirectories(List.of(fresh.toString()))
          // Share groups. On by default since 4.2, but the queue depends on them.
          .setFeatureLevel("share.version", (short) 1)
          .run();
    } catch (Exception e) {
      DirectoryTree.delete(fresh);
      throw new ServerFailed("cannot format a Kafka log in " + base, e);
    }
    Files.move(fresh, directory(), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Takes away the broker's word that it ended in good order, so that it recovers its log. */
  void forgetCleanShutdown() throws IOException {
    Files.deleteIfExists(directory().resolve(CLEAN_SHUTDOWN));
  }

  private void removeInterrupted() throws IOException {
    try (Stream<Path> files = Files.list(base)) {
      files
          .filter(file -> String.valueOf(file.getFileName()).startsWith("log.new-"))
          .forEach(DirectoryTree::delete);
    }
  }
}
