package io.millrace.cli.bench;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Lines of items as somebody would upload them, all of one size and each with a name of its own.
 */
final class BulkFile {

  private BulkFile() {}

  /**
   * Writes one.
   *
   * @param name what the items' custom_ids begin with
   * @param bytes of a line, its break included
   */
  static Path write(Path file, String name, int items, int bytes) throws IOException {
    try (var out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
      for (int i = 0; i < items; i++) {
        out.write(line(customId(name, i), bytes).getBytes(StandardCharsets.US_ASCII));
      }
    }
    return file;
  }

  static String customId(String name, int number) {
    return "%s-%06d".formatted(name, number);
  }

  private static String line(String customId, int bytes) {
    String frame = "{\"custom_id\":\"%s\",\"params\":%s}\n";
    int around = frame.formatted(customId, params("")).length();
    return frame.formatted(
        customId, params("mill ".repeat(bytes / 5 + 1).substring(0, Math.max(1, bytes - around))));
  }

  private static String params(String prompt) {
    return "{\"model\":\"%s\",\"max_tokens\":64,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
        .formatted(Submission.MODEL, prompt);
  }
}
