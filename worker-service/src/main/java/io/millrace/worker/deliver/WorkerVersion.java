package io.millrace.worker.deliver;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The version that was built, as every webhook tells it. */
final class WorkerVersion {

  static final String CURRENT = read();

  private static String read() {
    var properties = new Properties();
    try (InputStream file = WorkerVersion.class.getResourceAsStream("version.properties")) {
      if (file != null) {
        properties.load(file);
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
    return properties.getProperty("version", "unknown");
  }

  private WorkerVersion() {}
}
