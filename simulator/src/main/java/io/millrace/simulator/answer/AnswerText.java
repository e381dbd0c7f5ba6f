package io.millrace.simulator.answer;

import io.millrace.simulator.model.Model;

/** Text of a given number of tokens, the same for the same question. */
final class AnswerText {
  private static final String FILLER =
      """
      The simulator has read the request and answers in its place, so that nothing leaves this machine and nothing is charged. \
      A real answer would follow here, of about this length and after about this time. Each sentence stands for one that a model would \
      have written, with its own subject, its own verb and its own share of the bill. Where the request sets a limit on the output, the \
      text ends there, as a real one does. Counting is consistent: what the usage says is what was written. Nothing in this paragraph \
      depends on the question, except for the line above that quotes how it began.\
      """;

  private AnswerText() {}

  static String of(String opening, Model model, long tokens) {
    int characters = (int) Math.round(tokens * 4 / model.tokensPer4Characters());
    if (characters <= 0) {
      return "";
    }
    StringBuilder text = new StringBuilder(characters + FILLER.length());
    text.append("A simulated answer to: ").append(opening).append("\n\n");
    while (text.length() < characters) {
      text.append(FILLER);
    }
    text.setLength(characters);
    return text.toString();
  }

  /**
   * For a JSON string, in ASCII only; half a surrogate pair, as cutting leaves it, becomes a
   * question mark.
   */
  static String escape(CharSequence text) {
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        escaped.append('\\').append(c);
      } else if (c == '\n') {
        escaped.append("\\n");
      } else if (Character.isSurrogate(c) && !paired(text, i)) {
        escaped.append('?');
      } else if (c < ' ' || c > '~') {
        escaped.append("\\u%04x".formatted((int) c));
      } else {
        escaped.append(c);
      }
    }
    return escaped.toString();
  }

  private static boolean paired(CharSequence text, int i) {
    return Character.isHighSurrogate(text.charAt(i))
        ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
        : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
  }
}
