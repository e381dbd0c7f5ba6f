package io.millrace.cli.bulk;

import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Misused;
import io.millrace.money.CallMode;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What {@code bulk run} was told.
 *
 * @param input a file's name, or -
 * @param output null for a dry run
 * @param sent what decides what is sent, by option: a run is gone on with only under the same
 * @param maxCost in dollars, or null
 * @param prices settings of models, such as {@code claude-opus-5-5.input}
 */
record RunOptions(
    String input,
    @Nullable Path output,
    Map<String, String> sent,
    @Nullable BigDecimal maxCost,
    Map<String, String> prices,
    Set<Switch> switches) {

  private static final List<String> SENT =
      List.of(
          "--model",
          "--max-tokens",
          "--system",
          "--template",
          "--id-column",
          "--batch-size",
          "--backend",
          "--expires-in",
          "--lane",
          "--feature",
          "--user-id");
  private static final Map<String, String> PARAMETERS =
      Map.of(
          "--backend", "backend",
          "--expires-in", "expires_in",
          "--lane", "lane",
          "--feature", "feature",
          "--user-id", "user_id");
  private static final Set<String> BACKENDS = Set.of("batch", "queue", "auto");
  private static final Set<String> LANES = Set.of("interactive", "standard", "bulk");
  private static final String PRICES = "--millrace.models.";

  /** What is on or off. */
  enum Switch {
    DRY_RUN,
    NEW,
    JSON,
    QUIET
  }

  static RunOptions parse(List<String> words) throws IOException {
    Set<String> valued = new java.util.HashSet<>(SENT);
    valued.addAll(Set.of("-o", "--output", "--max-cost"));
    var arguments =
        Arguments.parse(
            words,
            Understood.of(valued, Set.of("--dry-run", "--new", "--json", "--quiet"))
                .withSettings());
    boolean dry = arguments.has("--dry-run");
    String output = arguments.value(arguments.has("-o") ? "-o" : "--output");
    if (arguments.words().size() != 1) {
      throw new Misused(
          arguments.words().isEmpty()
              ? "Which requests? Give a file, or - for standard input."
              : "'%s' is one file too many.".formatted(arguments.words().get(1)));
    }
    if (output == null && !dry) {
      throw new Misused("Where should the results go? -o results.jsonl");
    }
    return new RunOptions(
        arguments.words().getFirst(),
        output == null || dry ? null : path(output),
        sent(arguments),
        maxCost(arguments),
        prices(arguments),
        switches(arguments));
  }

  private static Path path(String output) {
    try {
      Path path = Path.of(output);
      if (!output.equals("-") && !Files.isDirectory(path)) {
        return path;
      }
    } catch (InvalidPathException noPath) {
      // Said below.
    }
    throw new Misused("-o should name a file: what is done is noted beside it.");
  }

  private static Set<Switch> switches(Arguments arguments) {
    return java.util.Arrays.stream(Switch.values())
        .filter(each ->
            arguments.has("--" + each.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-')))
        .collect(Collectors.toSet());
  }

  private static Map<String, String> sent(Arguments arguments) throws IOException {
    Map<String, String> sent = new TreeMap<>();
    for (String option : SENT) {
      String value = arguments.value(option);
      if (value != null) {
        sent.put(option, value);
      }
    }
    arguments.number("--max-tokens", 1, 0, Integer.MAX_VALUE);
    arguments.number("--batch-size", 1, 1, Integer.MAX_VALUE);
    oneOf("--backend", sent, BACKENDS);
    oneOf("--lane", sent, LANES);
    sent.computeIfPresent("--expires-in", (_, value) -> Long.toString(Spans.seconds(value)));
    String template = sent.get("--template");
    if (template != null) {
      sent.put("--template", text(template));
    }
    return sent;
  }

  private static void oneOf(String option, Map<String, String> sent, Set<String> known) {
    String value = sent.get(option);
    if (value != null && !known.contains(value)) {
      throw new Misused(
          "%s should be %s, not '%s'."
              .formatted(option, known.stream().sorted().collect(Collectors.joining(", ")), value));
    }
  }

  /** What stands in the file of that name, or else the words themselves. */
  private static String text(String words) throws IOException {
    try {
      Path file = Path.of(words);
      return Files.isRegularFile(file) ? Files.readString(file) : words;
    } catch (InvalidPathException justProse) {
      return words;
    }
  }

  private static @Nullable BigDecimal maxCost(Arguments arguments) {
    String value = arguments.value("--max-cost");
    if (value == null) {
      return null;
    }
    try {
      var amount = new BigDecimal(value.strip().replaceFirst("^\\$", ""));
      if (amount.signum() > 0) {
        return amount;
      }
    } catch (NumberFormatException word) {
      // As wrong as a number out of bounds.
    }
    throw new Misused("--max-cost should be dollars above zero, such as 5.00.");
  }

  private static Map<String, String> prices(Arguments arguments) {
    Map<String, String> prices = new HashMap<>();
    for (String setting : arguments.settings()) {
      int equals = setting.indexOf('=');
      if (!setting.startsWith(PRICES)) {
        throw new Misused(
            "'%s' is a setting of the services; here only %s<model>.… are understood."
                .formatted(setting, PRICES));
      }
      prices.put(setting.substring(PRICES.length(), equals), setting.substring(equals + 1));
    }
    return prices;
  }

  boolean isOn(Switch which) {
    return switches.contains(which);
  }

  ItemForm form(String source) {
    String maxTokens = sent.get("--max-tokens");
    return new ItemForm(
        source,
        sent.get("--model"),
        maxTokens == null ? null : Integer.valueOf(maxTokens),
        sent.get("--system"));
  }

  /** How rows become items, or null where lines do. */
  Input.@Nullable Table table(Input opened) {
    boolean csv =
        opened.isNamedCsv() || sent.containsKey("--template") || sent.containsKey("--id-column");
    return csv ? new Input.Table(sent.get("--template"), sent.get("--id-column")) : null;
  }

  Plan.Limits limits() {
    String items = sent.get("--batch-size");
    return new Plan.Limits(
        items == null ? Plan.Limits.OF_SERVER.items() : Integer.parseInt(items),
        Plan.Limits.OF_SERVER.bytes());
  }

  /** The terms of a batch, as parameters of a query. */
  String query() {
    return sent.entrySet().stream()
        .filter(option -> PARAMETERS.containsKey(option.getKey()))
        .map(option ->
            PARAMETERS.get(option.getKey())
                + "="
                + URLEncoder.encode(option.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&"));
  }

  /** By which price list most will go: what is left to the server goes by batch where it can. */
  CallMode mode() {
    return "queue".equals(sent.get("--backend")) ? CallMode.SINGLE : CallMode.BATCH;
  }
}
