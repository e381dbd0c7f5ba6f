package io.millrace.api.filter;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.fields.Values;
import io.millrace.db.job.JobFilter;
import io.millrace.job.BatchId;
import io.millrace.job.JobState;
import io.millrace.job.Lane;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * The fields of a filter while they come in. What is not named does not narrow the filter; a field
 * that is named must say something: null, or a name without a value, may be a caller's forgotten
 * variable and must not widen what is listed, canceled or replayed.
 */
public final class FilterFields {

  /** Every field there is. */
  public static final Set<String> NAMES =
      Set.of(
          "status",
          "lane",
          "custom_id",
          "user_id",
          "feature",
          "batch_id",
          "created_after",
          "created_before");

  private static final int MAX_CUSTOM_ID = 256;
  private static final int MAX_LABEL = 128;
  private static final int MAX_LIST = 16;
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

  private final int tenantId;
  private Set<JobState> states = EnumSet.allOf(JobState.class);
  private Set<Lane> lanes = EnumSet.allOf(Lane.class);
  private @Nullable String customId;
  private @Nullable String userId;
  private @Nullable String feature;
  private @Nullable UUID batchId;
  private @Nullable Instant createdAfter;
  private @Nullable Instant createdBefore;

  /** A filter that so far holds all jobs of that tenant. */
  public FilterFields(int tenantId) {
    this.tenantId = tenantId;
  }

  /**
   * The filter in the query parameters; lists are repeated or separated by commas, other parameters
   * are somebody else's.
   */
  public static JobFilter ofQuery(int tenantId, HttpServletRequest request) {
    var fields = new FilterFields(tenantId);
    for (String name : NAMES) {
      String[] given = request.getParameterValues(name);
      if (given != null) {
        fields.read(name, List.of(given));
      }
    }
    return fields.filter();
  }

  /** Takes the JSON value that the parser stands on as that of {@code name}, one of the names. */
  public void read(String name, JsonParser json) {
    var values = new Values(json);
    boolean list = json.currentToken() == JsonToken.START_ARRAY && isList(name);
    read(
        name,
        list ? values.texts(name, MAX_LIST, MAX_LABEL) : List.of(values.text(name, MAX_CUSTOM_ID)));
  }

  /** What was read. */
  public JobFilter filter() {
    return new JobFilter(
        tenantId, states, lanes, customId, userId, feature, batchId, createdAfter, createdBefore);
  }

  private static boolean isList(String name) {
    return name.equals("status") || name.equals("lane");
  }

  private void read(String name, List<String> given) {
    if (given.isEmpty()) {
      throw refused(name, "List should have at least 1 item");
    }
    if (isList(name)) {
      List<String> words = given.stream().flatMap(text -> split(text).stream()).toList();
      if (name.equals("status")) {
        states = all(name, words, JobState.class, JobState::wireName);
      } else {
        lanes = all(name, words, Lane.class, Lane::wireName);
      }
      return;
    }
    if (given.size() > 1) {
      throw refused(name, "Input should be given once");
    }
    readSingle(name, given.getFirst());
  }

  private void readSingle(String name, String value) {
    switch (name) {
      case "custom_id" -> customId = Values.text(name, value, MAX_CUSTOM_ID);
      case "user_id" -> userId = Values.text(name, value, MAX_LABEL);
      case "feature" -> feature = Values.text(name, value, MAX_LABEL);
      case "batch_id" -> batchId = batch(value);
      case "created_after" -> createdAfter = time(name, value);
      case "created_before" -> createdBefore = time(name, value);
      default -> throw new IllegalArgumentException(name);
    }
  }

  private static List<String> split(String text) {
    return Arrays.stream(text.split(",", -1)).map(String::strip).toList();
  }

  private static <E extends Enum<E>> Set<E> all(
      String name, List<String> words, Class<E> type, Function<E, String> wireName) {
    E[] known = type.getEnumConstants();
    Set<E> found = EnumSet.noneOf(type);
    for (String word : words) {
      found.add(
          Arrays.stream(known)
              .filter(value -> wireName.apply(value).equals(word))
              .findFirst()
              .orElseThrow(() -> refused(name, "Input should be " + among(known, wireName))));
    }
    return found;
  }

  private static <E> String among(E[] known, Function<E, String> wireName) {
    List<String> names =
        Arrays.stream(known).map(value -> "'" + wireName.apply(value) + "'").toList();
    return String.join(", ", names.subList(0, names.size() - 1)) + " or " + names.getLast();
  }

  private static UUID batch(String value) {
    return BatchId.parse(value)
        .orElseThrow(() -> refused("batch_id", "Input should be the id of a batch"))
        .uuid();
  }

  /** In a query an unescaped plus arrives as a space: no valid time has one. */
  private static Instant time(String name, String value) {
    Instant time = Values.time(name, value.replace(' ', '+'));
    // What the database cannot hold would be our error instead of the caller's.
    if (time.isBefore(Instant.EPOCH) || time.isAfter(LATEST)) {
      throw refused(name, "Input should be from 1970 to 9999");
    }
    return time;
  }
}
