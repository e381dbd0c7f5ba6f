package io.millrace.cli.client;

import io.millrace.cli.terminal.Arguments;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Which jobs are meant, as options of a command and as parameters of a query. */
final class FilterOptions {

  static final Set<String> OPTIONS =
      Set.of(
          "--status",
          "--lane",
          "--custom-id",
          "--user-id",
          "--feature",
          "--batch-id",
          "--created-after",
          "--created-before");

  private FilterOptions() {}

  /** {@code name=value} for each that was given; the server judges the values. */
  static List<String> parameters(Arguments arguments) {
    List<String> parameters = new ArrayList<>();
    OPTIONS.stream()
        .sorted()
        .filter(arguments::has)
        .forEach(option ->
            parameters.add(
                option.substring(2).replace('-', '_')
                    + "="
                    + encoded(arguments.value(option, ""))));
    return parameters;
  }

  private static String encoded(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8);
  }
}
