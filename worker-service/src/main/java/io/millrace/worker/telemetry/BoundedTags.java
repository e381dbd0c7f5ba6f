package io.millrace.worker.telemetry;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.config.MeterFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps tags whose values callers can make up from becoming series without end: the first values of
 * each stand for themselves, the rest are {@code other}.
 */
final class BoundedTags implements MeterFilter {

  static final String OTHER = "other";

  private static final int MOST = 50;
  private static final int LONGEST = 64;

  private final Map<String, Set<String>> known =
      Map.of("pool", ConcurrentHashMap.newKeySet(), "model", ConcurrentHashMap.newKeySet());

  @Override
  public Meter.Id map(Meter.Id id) {
    if (!id.getName().startsWith("millrace.")) {
      return id;
    }
    List<Tag> tags = id.getTags();
    List<Tag> bounded = null;
    for (int i = 0; i < tags.size(); i++) {
      Tag tag = tags.get(i);
      Set<String> values = known.get(tag.getKey());
      if (values != null && !admits(values, tag.getValue())) {
        bounded = bounded == null ? new ArrayList<>(tags) : bounded;
        bounded.set(i, Tag.of(tag.getKey(), OTHER));
      }
    }
    return bounded == null ? id : id.replaceTags(bounded);
  }

  private static boolean admits(Set<String> values, String value) {
    if (values.contains(value)) {
      return true;
    }
    // Two at once may both get in: the bound is of size, not of number.
    return values.size() < MOST && value.length() <= LONGEST && values.add(value);
  }
}
