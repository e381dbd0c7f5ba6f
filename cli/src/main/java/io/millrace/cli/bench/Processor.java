package io.millrace.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Processor time of other processes in nanoseconds, and their memory. */
final class Processor {

  // Linux counts it in hundredths of a second on every machine that Java runs on.
  private static final long TICK = 10_000_000;
  private static final int USER = 11;
  private static final int SYSTEM = 12;
  private static final int ENDED_USER = 13;
  private static final int ENDED_SYSTEM = 14;

  private Processor() {}

  /** Of one process, without its children. */
  static long ofProcess(long pid) {
    Path stat = Path.of("/proc/" + pid + "/stat");
    try {
      return ticks(Files.readString(stat), USER, SYSTEM) * TICK;
    } catch (IOException absent) {
      return ProcessHandle.of(pid)
          .flatMap(process -> process.info().totalCpuDuration())
          .map(duration -> duration.toNanos())
          .orElse(0L);
    }
  }

  /** Of a process, its children, and those of them that have ended. */
  static long ofTree(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      long sum = ticks(stat, USER, SYSTEM, ENDED_USER, ENDED_SYSTEM) * TICK;
      return sum
          + ProcessHandle.of(pid).stream()
              .flatMap(ProcessHandle::children)
              .mapToLong(child -> ofProcess(child.pid()))
              .sum();
    } catch (IOException absent) {
      return 0;
    }
  }

  /** The sum of fields of a {@code stat} line, counted from the one behind the name. */
  static long ticks(String stat, int... fields) {
    // The name may hold anything, blanks and brackets included.
    String[] words = stat.substring(stat.lastIndexOf(')') + 2).strip().split(" ", -1);
    long sum = 0;
    for (int field : fields) {
      sum += Long.parseLong(words[field]);
    }
    return sum;
  }

  /** Memory of a process in bytes, shared pages by their share; 0 where it is gone. */
  static long memory(long pid) {
    long shared = kilobytes(Path.of("/proc/" + pid + "/smaps_rollup"), "Pss");
    return shared > 0 ? shared : status(pid, "VmRSS");
  }

  /** A line of {@code /proc/pid/status} that is counted in kB, in bytes; 0 where there is none. */
  static long status(long pid, String name) {
    return kilobytes(Path.of("/proc/" + pid + "/status"), name);
  }

  private static long kilobytes(Path file, String name) {
    try {
      return Files.readAllLines(file).stream()
          .filter(line -> line.startsWith(name + ":"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .sum();
    } catch (IOException absent) {
      return 0;
    }
  }
}
