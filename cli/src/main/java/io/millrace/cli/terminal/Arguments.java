package io.millrace.cli.terminal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A command's arguments, taken apart: {@code --name value} and {@code --name=value} for what has a
 * value, {@code --name} for what is on or off, {@code --a.b=value} for settings of the services.
 * After {@code --} nothing is an option.
 */
public final class Arguments {

  private static final Pattern SETTING = Pattern.compile("--[A-Za-z][\\w-]*(\\.[\\w\\[\\]-]+)+");

  private final List<String> words = new ArrayList<>();
  private final Map<String, String> values = new LinkedHashMap<>();
  private final List<String> settings = new ArrayList<>();

  private Arguments() {}

  /** What a command understands. */
  public record Understood(Set<String> valued, Set<String> switches, boolean settings) {

    /** A command without settings of services. */
    public static Understood of(Set<String> valued, Set<String> switches) {
      return new Understood(valued, switches, false);
    }

    public Understood withSettings() {
      return new Understood(valued, switches, true);
    }

    private List<String> all() {
      List<String> all = new ArrayList<>(valued);
      all.addAll(switches);
      return all;
    }
  }

  /**
   * Takes arguments apart.
   *
   * @throws Misused if one is not understood
   */
  public static Arguments parse(List<String> arguments, Understood understood) {
    var parsed = new Arguments();
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.equals("--")) {
        parsed.words.addAll(arguments.subList(i + 1, arguments.size()));
        return parsed;
      }
      if (!argument.startsWith("-") || argument.equals("-")) {
        parsed.words.add(argument);
        continue;
      }
      int equals = argument.indexOf('=');
      String name = equals < 0 ? argument : argument.substring(0, equals);
      if (understood.valued().contains(name)) {
        if (equals < 0 && i + 1 == arguments.size()) {
          throw new Misused(name + " needs a value.");
        }
        parsed.values.put(name, equals < 0 ? arguments.get(++i) : argument.substring(equals + 1));
      } else if (understood.switches().contains(name)) {
        if (equals >= 0) {
          throw new Misused(name + " takes no value.");
        }
        parsed.values.put(name, "");
      } else {
        parsed.setting(argument, name, understood);
      }
    }
    return parsed;
  }

  private void setting(String argument, String name, Understood understood) {
    if (!understood.settings() || !SETTING.matcher(name).matches()) {
      throw new Misused(
          "Unknown option %s.%s".formatted(name, Nearest.hint(name, understood.all())));
    }
    if (argument.equals(name)) {
      throw new Misused("A setting needs its value in one word: %s=<value>.".formatted(name));
    }
    settings.add(argument);
  }

  /** What is no option. */
  public List<String> words() {
    return words;
  }

  /** Settings for the services, each as {@code --name=value}. */
  public List<String> settings() {
    return settings;
  }

  public boolean has(String name) {
    return values.containsKey(name);
  }

  public @Nullable String value(String name) {
    return values.get(name);
  }

  public String value(String name, String otherwise) {
    return values.getOrDefault(name, otherwise);
  }

  /** A whole number between two bounds. */
  public int number(String name, int otherwise, int least, int most) {
    String value = values.get(name);
    if (value == null) {
      return otherwise;
    }
    try {
      int number = Integer.parseInt(value.strip());
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException word) {
      // As wrong as a number out of bounds.
    }
    throw new Misused(
        "%s should be a number from %d to %d, not '%s'.".formatted(name, least, most, value));
  }

  /** Refuses words where a command takes none. */
  public void refuseWords() {
    if (!words.isEmpty()) {
      throw new Misused("'%s' is not understood here.".formatted(words.getFirst()));
    }
  }
}
