package io.millrace.api.submit;

import java.util.Comparator;
import java.util.Set;

/** Guesses what was meant by a field that we do not know. */
public final class UnknownField {

  private static final int MAX_SHOWN = 64;
  private static final Set<String> PARAMS =
      Set.of(
          "model",
          "max_tokens",
          "messages",
          "system",
          "stop_sequences",
          "stream",
          "temperature",
          "top_p",
          "top_k",
          "tools",
          "tool_choice",
          "thinking",
          "output_config",
          "service_tier",
          "cache_control");

  /** The name as an error may repeat it. */
  public static String shown(String name) {
    return name.length() <= MAX_SHOWN ? name : name.substring(0, MAX_SHOWN) + "…";
  }

  /** The end of a sentence: empty, or what was probably meant. */
  static String suggestion(String name) {
    if (PARAMS.contains(name)) {
      return ". Did you mean 'params." + name + "'?";
    }
    if (name.length() > MAX_SHOWN) {
      return "";
    }
    return SubmissionFields.NAMES.stream()
        .filter(known -> distance(name, known) <= Math.max(1, known.length() / 4))
        .min(Comparator.comparingInt(known -> distance(name, known)))
        .map(known -> ". Did you mean '" + known + "'?")
        .orElse("");
  }

  /** How many letters must be added, dropped or changed to get from one to the other. */
  private static int distance(String from, String to) {
    int[] previous = new int[to.length() + 1];
    for (int j = 0; j < previous.length; j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int[] current = new int[to.length() + 1];
      current[0] = i;
      for (int j = 1; j < current.length; j++) {
        int change = previous[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(change, 1 + Math.min(previous[j], current[j - 1]));
      }
      previous = current;
    }
    return previous[to.length()];
  }

  private UnknownField() {}
}
