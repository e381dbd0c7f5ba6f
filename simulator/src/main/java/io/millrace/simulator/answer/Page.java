package io.millrace.simulator.answer;

import io.millrace.simulator.http.HttpRequest;
import io.millrace.simulator.message.Rejected;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a list request's {@code limit}, {@code after_id} and {@code before_id} leave of all there
 * is, newest first.
 */
public final class Page<T> {
  private final List<T> page;
  private final boolean more;
  private final Function<T, String> id;

  private Page(List<T> page, boolean more, Function<T, String> id) {
    this.page = page;
    this.more = more;
    this.id = id;
  }

  public static <T> Page<T> of(HttpRequest request, List<T> all, Function<T, String> id) {
    int limit = limit(request.query("limit"));
    int from = 0;
    int to = all.size();
    Optional<String> after = request.query("after_id");
    if (after.isPresent()) {
      from = index(all, id, "after_id", after.get()) + 1;
    }
    Optional<String> before = request.query("before_id");
    if (before.isPresent()) {
      to = index(all, id, "before_id", before.get());
    }
    boolean backwards = before.isPresent() && after.isEmpty();
    List<T> range = all.subList(Math.min(from, to), to);
    boolean more = range.size() > limit;
    List<T> page =
        backwards && more
            ? range.subList(range.size() - limit, range.size())
            : range.subList(0, Math.min(limit, range.size()));
    return new Page<>(page, more, id);
  }

  public ObjectNode json(Function<T, JsonNode> shown) {
    ObjectNode list = JsonMapper.shared().createObjectNode();
    var data = list.putArray("data");
    page.forEach(each -> data.add(shown.apply(each)));
    list.put("has_more", more);
    list.put("first_id", page.isEmpty() ? null : id.apply(page.getFirst()));
    list.put("last_id", page.isEmpty() ? null : id.apply(page.getLast()));
    return list;
  }

  private static int limit(Optional<String> text) {
    try {
      int limit = Integer.parseInt(text.orElse("20"));
      if (limit >= 1 && limit <= 1000) {
        return limit;
      }
    } catch (NumberFormatException e) {
      // Refused below, as a number out of range is.
    }
    throw Rejected.invalid("limit: Input should be a valid integer between 1 and 1000");
  }

  private static <T> int index(
      List<T> all, Function<T, String> id, String parameter, String wanted) {
    return IntStream.range(0, all.size())
        .filter(i -> id.apply(all.get(i)).equals(wanted))
        .findFirst()
        .orElseThrow(() -> Rejected.invalid(parameter + ": there is no " + wanted));
  }
}
