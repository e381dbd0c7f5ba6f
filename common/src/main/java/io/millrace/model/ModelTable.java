package io.millrace.model;

import io.millrace.model.Model.Lifecycle;
import io.millrace.model.Price.Rate;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the text of a model table, and says where it is wrong. */
final class ModelTable {
  static final String FROM_START = "start";
  private static final String UNKNOWN = "-";

  private final String file;
  private int line;
  private String section = "";

  final Map<String, Model> models = new LinkedHashMap<>();
  final Map<String, String> aliases = new LinkedHashMap<>();
  final List<Price> prices = new ArrayList<>();
  private final Map<String, BigDecimal> modifiers = new LinkedHashMap<>();

  private ModelTable(String file) {
    this.file = file;
  }

  static ModelTable parse(String file, String text) {
    var table = new ModelTable(file);
    text.lines().forEach(table::read);
    table.modifiers();
    return table;
  }

  Price.Modifiers modifiers() {
    return new Price.Modifiers(modifier("us"), modifier("batch-cache"), modifier("web-search"));
  }

  private void read(String raw) {
    line++;
    String row = raw.strip();
    if (row.isEmpty() || row.startsWith("#")) {
      return;
    }
    if (row.startsWith("[")) {
      section = row;
      return;
    }
    String[] cells = row.split("\\s+");
    switch (section) {
      case "[models]" -> model(sized(cells, 10));
      case "[aliases]" -> alias(sized(cells, 2));
      case "[prices]" -> price(sized(cells, 11));
      case "[modifiers]" -> modifiers.put(sized(cells, 2)[0], known(cells[1]));
      // A section of strings from a file: anything else is the file's fault.
      default -> throw wrong("no rows expected in section \"" + section + "\"");
    }
  }

  private void model(String[] cells) {
    var model =
        new Model(
            cells[0],
            cells[1],
            integer(cells[2]),
            integer(cells[3]),
            integer(cells[4]),
            known(cells[5]).intValueExact(),
            yes(cells[6]),
            lifecycle(cells[7]),
            date(cells[8]),
            date(cells[9]));
    if (models.put(model.id(), model) != null) {
      throw wrong("model " + model.id() + " stands here twice");
    }
  }

  private void alias(String[] cells) {
    if (!models.containsKey(cells[1])) {
      throw wrong("alias of unknown model " + cells[1]);
    }
    if (models.containsKey(cells[0]) || aliases.put(cells[0], cells[1]) != null) {
      throw wrong(cells[0] + " is already taken");
    }
  }

  private void price(String[] cells) {
    if (!models.containsKey(cells[0])) {
      throw wrong("price of unknown model " + cells[0]);
    }
    var rates = new EnumMap<Rate, BigDecimal>(Rate.class);
    int column = 4;
    for (Rate rate : Rate.values()) {
      BigDecimal amount = decimal(cells[column++]);
      if (amount != null) {
        rates.put(rate, amount);
      }
    }
    LocalDate from = FROM_START.equals(cells[1]) ? null : date(cells[1]);
    var price = new Price(cells[0], from, longestPrompt(cells[2]), cells[3], rates, null);
    if (prices.stream().anyMatch(other -> other.version().equals(price.version()))) {
      throw wrong("price " + price.version() + " stands here twice");
    }
    prices.add(price);
  }

  private long longestPrompt(String cell) {
    return switch (cell) {
      case "any", "more" -> Long.MAX_VALUE;
      default -> known(cell).longValueExact();
    };
  }

  private String[] sized(String[] cells, int columns) {
    if (cells.length != columns) {
      throw wrong(section + " rows have " + columns + " columns, this one " + cells.length);
    }
    return cells;
  }

  private @Nullable BigDecimal decimal(String cell) {
    if (UNKNOWN.equals(cell)) {
      return null;
    }
    try {
      var number = new BigDecimal(cell);
      if (number.signum() <= 0) {
        throw wrong("\"" + cell + "\" is not above zero; an unknown number is written \"-\"");
      }
      return number;
    } catch (NumberFormatException e) {
      throw wrong("\"" + cell + "\" is not a number");
    }
  }

  private BigDecimal known(String cell) {
    BigDecimal number = decimal(cell);
    if (number == null) {
      throw wrong("a number is needed here");
    }
    return number;
  }

  private @Nullable Integer integer(String cell) {
    BigDecimal number = decimal(cell);
    try {
      return number == null ? null : number.intValueExact();
    } catch (ArithmeticException e) {
      throw wrong("\"" + cell + "\" is not a whole number");
    }
  }

  private @Nullable LocalDate date(String cell) {
    try {
      return UNKNOWN.equals(cell) ? null : LocalDate.parse(cell);
    } catch (DateTimeException e) {
      throw wrong("\"" + cell + "\" is not a date");
    }
  }

  private boolean yes(String cell) {
    return switch (cell) {
      case "yes" -> true;
      case "no" -> false;
      default -> throw wrong("\"" + cell + "\" is neither yes nor no");
    };
  }

  private Lifecycle lifecycle(String cell) {
    for (Lifecycle lifecycle : Lifecycle.values()) {
      if (lifecycle.name().toLowerCase(Locale.ROOT).equals(cell)) {
        return lifecycle;
      }
    }
    throw wrong("\"" + cell + "\" is not a state");
  }

  private BigDecimal modifier(String name) {
    BigDecimal modifier = modifiers.get(name);
    if (modifier == null) {
      throw wrong("the modifier " + name + " is missing");
    }
    return modifier;
  }

  private UnreadableModelTable wrong(String problem) {
    return new UnreadableModelTable(file, line, problem);
  }
}
