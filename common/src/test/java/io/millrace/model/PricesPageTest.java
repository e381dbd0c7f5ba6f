package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Price.Rate;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PricesPageTest {
  private static final Path PAGE = Path.of("..", "docs", "prices.md");
  private static final String START = "<!-- written from models.txt by PricesPageTest: start -->\n";
  private static final String END = "<!-- end -->\n";

  private final ModelCatalogue catalogue = ModelCatalogue.bundled();

  @Test
  void thePageShowsTheCatalogue() throws IOException {
    String page = Files.readString(PAGE);
    int start = page.indexOf(START) + START.length();
    int end = page.indexOf(END);
    String rewritten = page.substring(0, start) + tables() + page.substring(end);
    if (Boolean.getBoolean("millrace.docs.write")) {
      Files.writeString(PAGE, rewritten);
    }

    assertThat(PAGE)
        .as("rewrite it with -Dmillrace.docs.write=true")
        .content()
        .isEqualTo(rewritten);
  }

  private String tables() {
    return """

    | model | from | prompt | speed | input | output | write 5m | write 1h | read | batch in | batch out |
    |---|---|---|---|--:|--:|--:|--:|--:|--:|--:|
    """
        + catalogue.prices().stream().map(this::row).collect(Collectors.joining())
        + """

        | model | other name | pool | `us` costs 1.1 times | retires | not before |
        |---|---|---|---|---|---|
        """
        + catalogue.models().stream().map(this::row).collect(Collectors.joining())
        + "\n";
  }

  private String row(Price price) {
    List<String> cells = new ArrayList<>();
    cells.add("`" + price.model() + "`");
    cells.add(price.from() == null ? "" : price.from().toString());
    cells.add(price.longestPrompt() == Long.MAX_VALUE ? "" : "≤ " + price.longestPrompt());
    cells.add(price.speed());
    Stream.of(Rate.values()).map(rate -> amount(price.rate(rate))).forEach(cells::add);
    return line(cells);
  }

  private String row(Model model) {
    String alias = model.id().replaceFirst("-\\d{8}$", "");
    return line(
        List.of(
            "`" + model.id() + "`",
            catalogue.model(alias).isPresent() && !alias.equals(model.id())
                ? "`" + alias + "`"
                : "",
            "`" + model.pool() + "`",
            model.usSurcharge() ? "yes" : "no",
            Objects.toString(model.retires(), ""),
            Objects.toString(model.notBefore(), "")));
  }

  private static String amount(BigDecimal amount) {
    return amount == null ? "unknown" : amount.toPlainString();
  }

  private static String line(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |\n";
  }
}
