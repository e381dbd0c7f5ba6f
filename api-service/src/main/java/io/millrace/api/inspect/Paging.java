package io.millrace.api.inspect;

import static io.millrace.api.fields.Values.refused;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which page of a list, newest first.
 *
 * @param after the item behind which the page begins, with older ones; it need not exist any more
 * @param before the item ahead of which the page ends, with newer ones
 */
public record Paging<C>(int limit, @Nullable C after, @Nullable C before) {

  private static final int DEFAULT = 20;
  private static final int MAX = 1_000;

  /** Of the query parameters; {@code cursor} reads an id, of which {@code kind} says what it is. */
  public static <C> Paging<C> of(
      HttpServletRequest request, Function<String, Optional<C>> cursor, String kind) {
    C after = cursor(request, "after_id", cursor, kind);
    C before = cursor(request, "before_id", cursor, kind);
    if (after != null && before != null) {
      throw refused("before_id", "Input should not be given together with after_id");
    }
    return new Paging<>(limit(request.getParameter("limit")), after, before);
  }

  /** The one cursor of that name. */
  static <C> @Nullable C cursor(
      HttpServletRequest request, String name, Function<String, Optional<C>> cursor, String kind) {
    String id = request.getParameter(name);
    return id == null
        ? null
        : cursor.apply(id).orElseThrow(() -> refused(name, "Input should be the id of " + kind));
  }

  private static int limit(@Nullable String limit) {
    if (limit == null) {
      return DEFAULT;
    }
    if (limit.matches("[0-9]{1,4}")) {
      int number = Integer.parseInt(limit);
      if (number >= 1 && number <= MAX) {
        return number;
      }
    }
    throw refused("limit", "Input should be a number from 1 to " + MAX);
  }
}
