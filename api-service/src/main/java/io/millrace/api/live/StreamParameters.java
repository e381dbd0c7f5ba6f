package io.millrace.api.live;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.filter.FilterFields;
import io.millrace.db.job.JobChange;
import io.millrace.db.job.JobFilter;
import io.millrace.job.JobState;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a client says of the stream that it wants. */
final class StreamParameters {

  private static final Set<JobState> TOLD = EnumSet.complementOf(EnumSet.of(JobState.RUNNING));
  private static final int LONGEST_ID = 200;

  private StreamParameters() {}

  /** The events that the filter and {@code types} leave. */
  static Predicate<LiveEvent> wanted(int tenantId, HttpServletRequest request) {
    JobFilter filter = FilterFields.ofQuery(tenantId, request);
    Set<JobState> states = types(request.getParameterValues("types"));
    return event ->
        states.contains(event.state())
            && filter.states().contains(event.state())
            && holds(filter, event.job());
  }

  /**
   * The id of the last event that the client saw, or null. What browsers send by themselves when
   * they come back is newer than the address that they were given.
   */
  static @Nullable String lastEventId(HttpServletRequest request) {
    String header = request.getHeader("last-event-id");
    String id = header == null || header.isBlank() ? request.getParameter("last_event_id") : header;
    if (id == null || id.isBlank()) {
      return null;
    }
    if (id.length() > LONGEST_ID) {
      throw refused("last_event_id", "Input should be the id of an event of this stream");
    }
    return id.strip();
  }

  /** The place in a tenant's stream from which it is to go on, or null. */
  static @Nullable Cursor cursor(HttpServletRequest request) {
    String id = lastEventId(request);
    return id == null
        ? null
        : Cursor.parse(id)
            .orElseThrow(() ->
                refused("last_event_id", "Input should be the id of an event of this stream"));
  }

  private static Set<JobState> types(String @Nullable [] given) {
    if (given == null) {
      return TOLD;
    }
    List<String> words =
        Arrays.stream(given)
            .flatMap(text -> Arrays.stream(text.split(",", -1)))
            .map(String::strip)
            .toList();
    Set<JobState> states = EnumSet.noneOf(JobState.class);
    for (String word : words) {
      states.add(
          TOLD.stream()
              .filter(state -> word.equals(type(state)))
              .findFirst()
              .orElseThrow(() -> refused("types", "Input should be among " + all())));
    }
    return states;
  }

  private static String type(JobState state) {
    return "job." + state.wireName();
  }

  private static String all() {
    return TOLD.stream().map(StreamParameters::type).collect(Collectors.joining(", "));
  }

  private static boolean holds(JobFilter filter, JobChange job) {
    var labels = job.labels();
    return filter.lanes().contains(labels.lane())
        && matches(filter.customId(), labels.customId())
        && matches(filter.userId(), labels.userId())
        && matches(filter.feature(), labels.feature())
        && matches(filter.batchId(), labels.batchId())
        && (filter.createdAfter() == null || !job.createdAt().isBefore(filter.createdAfter()))
        && (filter.createdBefore() == null || job.createdAt().isBefore(filter.createdBefore()));
  }

  private static <T> boolean matches(@Nullable T asked, @Nullable T has) {
    return asked == null || Objects.equals(asked, has);
  }
}
