package io.millrace.simulator.fault;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a call's own text asks for, by markers like {@code [[simulator:overloaded once]]}.
 *
 * @param faults in the order written; the first that is not used up strikes
 * @param outputTokens how long the answer is to be, before {@code max_tokens} cuts it
 * @param latency how long the answer is to take
 */
public record Script(
    List<FaultRule> faults, @Nullable Integer outputTokens, @Nullable Duration latency) {
  public static final Script NONE = new Script(List.of(), null, null);

  private static final byte[] OPENING = "[[simulator:".getBytes(StandardCharsets.US_ASCII);
  private static final int MAX_MARKER = 200;

  /**
   * Finds the markers in a body as it came: JSON does not escape a character that a marker consists
   * of.
   */
  public static Script in(byte[] body) {
    int at = find(body, 0);
    if (at < 0) {
      return NONE;
    }
    Script script = NONE;
    while (at >= 0) {
      int from = at + OPENING.length;
      int end = from;
      while (end + 1 < body.length
          && end - from < MAX_MARKER
          && (body[end] != ']' || body[end + 1] != ']')) {
        end++;
      }
      if (end + 1 >= body.length || body[end] != ']') {
        throw new IllegalArgumentException("a [[simulator:…]] marker is not closed");
      }
      script = script.with(new String(body, from, end - from, StandardCharsets.UTF_8));
      at = find(body, end);
    }
    return script;
  }

  private static int find(byte[] body, int from) {
    outer:
    for (int i = from; i + OPENING.length <= body.length; i++) {
      if (body[i] != '[') {
        continue;
      }
      for (int j = 1; j < OPENING.length; j++) {
        if (body[i + j] != OPENING[j]) {
          continue outer;
        }
      }
      return i;
    }
    return -1;
  }

  /**
   * Adds one marker's content: a fault rule, {@code output <tokens>} or {@code latency
   * <milliseconds>ms}.
   */
  public Script with(String marker) {
    String[] words = marker.strip().split("\\s+", 2);
    if (words.length == 2 && words[0].equals("output")) {
      return new Script(faults, number(words[1]), latency);
    } else if (words.length == 2 && words[0].equals("latency")) {
      return new Script(
          faults, outputTokens, Duration.ofMillis(number(words[1].replace("ms", ""))));
    }
    List<FaultRule> more = new ArrayList<>(faults);
    more.add(FaultRule.parse(marker));
    return new Script(more, outputTokens, latency);
  }

  private static int number(String text) {
    try {
      return Integer.parseInt(text.strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is not a whole number", e);
    }
  }
}
