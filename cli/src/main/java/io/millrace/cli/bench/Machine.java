package io.millrace.cli.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What the numbers were measured on.
 *
 * @param fdatasyncMillis the median time to force 4 kB to the disk that holds the data
 * @param load the load average when the benchmark began: above a few tenths, something else runs
 */
record Machine(int cores, String model, double memoryGib, double fdatasyncMillis, double load) {

  private static final int BYTES = 4_096;
  private static final int WRITES = 301;

  static Machine look(Path directory) throws IOException {
    return new Machine(
        Runtime.getRuntime().availableProcessors(),
        line("/proc/cpuinfo", "model name"),
        number(line("/proc/meminfo", "MemTotal")) / 1024 / 1024,
        fdatasyncMillis(directory),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  private static double fdatasyncMillis(Path directory) throws IOException {
    Path file = directory.resolve("fdatasync");
    long[] micros = new long[WRITES];
    try (var channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      // Written before, as the log of a database is: what is measured is no growing file.
      channel.write(ByteBuffer.allocate(BYTES * WRITES));
      channel.force(true);
      channel.position(0);
      for (int i = 0; i < WRITES; i++) {
        long start = System.nanoTime();
        channel.write(ByteBuffer.allocate(BYTES));
        channel.force(false);
        micros[i] = (System.nanoTime() - start) / 1_000;
      }
    }
    Files.delete(file);
    return Sample.of(micros).millis(0.5);
  }

  private static String line(String file, String name) {
    try {
      return Files.readAllLines(Path.of(file)).stream()
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("");
    } catch (IOException absent) {
      return "";
    }
  }

  private static double number(String text) {
    String digits = text.replaceAll("\\D", "");
    return digits.isEmpty() ? Double.NaN : Double.parseDouble(digits);
  }
}
