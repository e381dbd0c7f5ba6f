package io.millrace.api.fields;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.webhook.address.TargetRefused;
import io.millrace.webhook.address.Targets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Typed values out of a JSON stream; each refusal names the field it read. */
public final class Values {

  private static final int MAX_URL = 2048;
  private static final int MAX_INT_DIGITS = 11;

  private final JsonParser json;

  /** Reads from {@code json}, whose current token is always the value to read. */
  public Values(JsonParser json) {
    this.json = json;
  }

  /** The refusal of what {@code field} holds. */
  public static Refused refused(String field, String fault) {
    return new Refused(Problem.invalidRequest(field + ": " + fault));
  }

  /** Whether the field is there but says nothing, which is the same as leaving it out. */
  public boolean isNull() {
    return json.currentToken() == JsonToken.VALUE_NULL;
  }

  /** A string of at most that many characters that PostgreSQL can hold. */
  public String text(String field, int maxCharacters) {
    if (json.currentToken() != JsonToken.VALUE_STRING) {
      throw refused(field, "Input should be a valid string");
    }
    return text(field, json.getString(), maxCharacters);
  }

  /** That string, where it may be kept and compared. */
  public static String text(String field, String value, int maxCharacters) {
    // A text of that many chars at most has that many characters at most.
    if (value.length() > maxCharacters && value.codePointCount(0, value.length()) > maxCharacters) {
      throw refused(field, "String should have at most " + maxCharacters + " characters");
    }
    String fault = unstorable(value);
    if (fault != null) {
      throw refused(field, fault);
    }
    return value;
  }

  /** Such a string, or null. */
  public @Nullable String optionalText(String field, int maxCharacters) {
    return isNull() ? null : text(field, maxCharacters);
  }

  /** A text that names something: not empty, and of one line. */
  public String name(String field, int maxCharacters) {
    String value = text(field, maxCharacters);
    if (value.isEmpty()) {
      throw refused(field, "String should have at least 1 character");
    }
    if (value.chars().anyMatch(Character::isISOControl)) {
      throw refused(field, "String must not contain control characters");
    }
    return value;
  }

  /** The list of at most {@code max} non-empty strings. */
  public List<String> texts(String field, int max, int maxCharacters) {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw refused(field, "Input should be a valid list");
    }
    List<String> values = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (values.size() == max) {
        throw refused(field, "List should have at most " + max + " items");
      }
      values.add(name(field + "." + values.size(), maxCharacters));
    }
    return values;
  }

  /** A whole number within bounds. */
  public int integer(String field, int min, int max) {
    if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
      throw refused(field, "Input should be a valid integer");
    }
    // Looks at the length first: converting a million digits takes its time.
    long value =
        json.getStringLength() > MAX_INT_DIGITS
            ? (json.getString().startsWith("-") ? Long.MIN_VALUE : Long.MAX_VALUE)
            : json.getLongValue();
    if (value < min) {
      throw refused(field, "Input should be greater than or equal to " + min);
    }
    if (value > max) {
      throw refused(field, "Input should be less than or equal to " + max);
    }
    return (int) value;
  }

  /** A time with its offset, kept to the microsecond as the database keeps it. */
  public Instant time(String field) {
    return time(field, text(field, 64));
  }

  /** The time that {@code value} writes. */
  public static Instant time(String field, String value) {
    try {
      return OffsetDateTime.parse(value).toInstant().truncatedTo(ChronoUnit.MICROS);
    } catch (DateTimeParseException notATime) {
      throw refused(
          field, "Input should be an RFC 3339 time with its offset, like 2026-11-20T12:00:00Z");
    }
  }

  /** A URL that webhooks may be sent to, as it was given. */
  public String url(String field, Targets targets) {
    String value = text(field, MAX_URL);
    try {
      targets.parse(value);
    } catch (TargetRefused refused) {
      throw refused(field, refused.reason());
    }
    return value;
  }

  /** True or false. */
  public boolean bool(String field) {
    return switch (json.currentToken()) {
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case null, default -> throw refused(field, "Input should be true or false");
    };
  }

  /** Whether {@code value} is a text that PostgreSQL can hold, of at most that many characters. */
  public static boolean fits(String value, int maxCharacters) {
    return value.codePointCount(0, value.length()) <= maxCharacters && unstorable(value) == null;
  }

  private static @Nullable String unstorable(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == 0) {
        return "String must not contain a NUL character";
      }
      if (Character.isSurrogate(c)) {
        if (!Character.isHighSurrogate(c)
            || i + 1 == value.length()
            || !Character.isLowSurrogate(value.charAt(i + 1))) {
          return "String must not contain an unpaired surrogate";
        }
        i++;
      }
    }
    return null;
  }
}
