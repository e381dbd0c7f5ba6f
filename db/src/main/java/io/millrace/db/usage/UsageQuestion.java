package io.millrace.db.usage;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A question for sums of usage.
 *
 * @param from the first moment, a whole hour
 * @param to the first moment that no longer counts, a whole hour
 * @param tenantId whose; null for everybody's
 */
public record UsageQuestion(
    Instant from, Instant to, List<Dimension> groupBy, @Nullable Integer tenantId) {

  public UsageQuestion {
    groupBy = List.copyOf(groupBy);
  }

  /** What sums can be told apart by. */
  public enum Dimension {
    MODEL("u.model"),
    USER_ID("u.user_id"),
    FEATURE("u.feature"),
    LANE("u.lane::text"),
    DAY("to_char(u.hour at time zone 'UTC', 'YYYY-MM-DD')"),
    TENANT("(select t.name from tenant t where t.id = u.tenant_id)");

    private final String expression;

    Dimension(String expression) {
      this.expression = expression;
    }

    String expression() {
      return expression;
    }

    /** The name in questions and answers. */
    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** The dimension of that name. */
    public static Optional<Dimension> parse(String name) {
      for (Dimension dimension : values()) {
        if (dimension.wireName().equals(name)) {
          return Optional.of(dimension);
        }
      }
      return Optional.empty();
    }
  }
}
