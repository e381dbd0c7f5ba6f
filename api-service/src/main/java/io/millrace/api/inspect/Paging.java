package io.millrace.api.inspect;

import static io.millrace.api.fields.Values.refused;

import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
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

  /**
   * A page of ids, newest first.
   *
   * @param first the cursor towards newer ones
   * @param last the cursor towards older ones
   */
  public record Cut<C>(List<C> ids, boolean hasMore, @Nullable C first, @Nullable C last) {}

  /** Whether it goes from newer to older ones. */
  public boolean isTowardsOlder() {
    return before == null;
  }

  /** Where to begin, and not to show. */
  public @Nullable C from() {
    return before == null ? after : before;
  }

  /**
   * The page out of what was found in its direction.
   *
   * @param found one more than the limit where there are so many
   * @param reached how far the search came; null where it came to the end
   */
  public Cut<C> cut(List<C> found, @Nullable C reached) {
    boolean full = found.size() > limit;
    List<C> ids = full ? found.subList(0, limit) : found;
    C near = ids.isEmpty() ? null : ids.getFirst();
    C end = ids.isEmpty() ? null : ids.getLast();
    C far = full || reached == null ? end : reached;
    boolean more = full || reached != null;
    return isTowardsOlder()
        ? new Cut<>(ids, more, near, far)
        : new Cut<>(ids.reversed(), more, far, near);
  }

  /** The one cursor of that name. */
  public static <C> @Nullable C cursor(
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
