package io.millrace.api.limit;

import io.millrace.api.limit.FindPools.Pool;
import io.millrace.db.limit.PoolPause;
import io.millrace.db.limit.PoolView;
import io.millrace.db.limit.PoolView.Bucket;
import io.millrace.db.limit.PoolView.Rate;
import io.millrace.job.Lane;
import io.millrace.rate.Dimension;
import io.millrace.wire.JsonWriter;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the limit object, one for each pool, and the list of them. */
final class LimitJson {

  private LimitJson() {}

  static byte[] write(Pool pool) {
    var json = new JsonWriter();
    fields(json, pool);
    return json.finish();
  }

  /** All of them: there are never so many that they come by page. */
  static byte[] write(List<Pool> pools) {
    var json = new JsonWriter().list("data");
    for (Pool pool : pools) {
      fields(json.object(), pool);
      json.end();
    }
    return json.endList()
        .bool("has_more", false)
        .text("first_id", pools.isEmpty() ? null : pools.getFirst().view().pool())
        .text("last_id", pools.isEmpty() ? null : pools.getLast().view().pool())
        .finish();
  }

  private static void fields(JsonWriter json, Pool pool) {
    PoolView view = pool.view();
    Rate rate = view.rate();
    json.text("id", view.pool()).text("type", "limit").text("status", status(view));
    for (Dimension dimension : Dimension.values()) {
      bucket(
              json.object(dimension.wireName()),
              rate == null ? Bucket.UNKNOWN : rate.bucket(dimension))
          .end();
    }
    json.number("calls_in_flight", view.demand().calls()).object("waiting");
    int lane = 0;
    for (Lane each : Lane.values()) {
      json.number(each.wireName(), view.demand().waiting().get(lane++));
    }
    json.end().object("queued");
    for (Lane each : Lane.values()) {
      json.number(each.wireName(), pool.queued().getOrDefault(each, 0L));
    }
    json.end();
    rate(json, rate);
    json.list("pauses");
    view.pauses().forEach(pause -> pause(json.object(), pause).end());
    json.endList()
        .number("workers", view.demand().workers())
        .time("updated_at", rate == null ? null : rate.at());
  }

  private static String status(PoolView view) {
    if (!view.pauses().isEmpty()) {
      return "paused";
    }
    return view.rate() != null && view.rate().isBlocked() ? "blocked" : "open";
  }

  private static void rate(JsonWriter json, @Nullable Rate rate) {
    if (rate == null) {
      json.text("waits_for", null)
          .text("starts_per_second", null)
          .text("blocked_until", null)
          .text("blocked_by", null);
    } else {
      json.text("waits_for", rate.line().orElse(null))
          .decimal("starts_per_second", round(rate.starts()))
          .time("blocked_until", rate.isBlocked() ? rate.blockedUntil() : null)
          .text("blocked_by", rate.isBlocked() ? rate.blockedBy() : null);
    }
  }

  private static JsonWriter bucket(JsonWriter json, Bucket bucket) {
    boolean limited = bucket.limit() != null;
    return json.optionalNumber("limit_per_minute", bucket.limit())
        .optionalNumber("provider_limit_per_minute", bucket.told())
        .optionalNumber("used", limited ? whole(bucket.used()) : null)
        .optionalNumber("burst", limited ? whole(bucket.burst()) : null)
        .optionalNumber("used_by_others_per_minute", limited ? whole(bucket.others()) : null);
  }

  private static JsonWriter pause(JsonWriter json, PoolPause pause) {
    return json.text("kind", pause.kind().wireName())
        .text("reason", pause.reason())
        .time("paused_at", pause.pausedAt())
        .time("next_probe_at", pause.probeAt());
  }

  private static @Nullable Long whole(@Nullable Double value) {
    return value == null || !Double.isFinite(value) ? null : Math.round(value);
  }

  private static @Nullable BigDecimal round(double value) {
    return Double.isFinite(value)
        ? BigDecimal.valueOf(value).setScale(3, RoundingMode.HALF_EVEN).stripTrailingZeros()
        : null;
  }
}
