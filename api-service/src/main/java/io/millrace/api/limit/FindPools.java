package io.millrace.api.limit;

import io.millrace.db.job.QueueDepths;
import io.millrace.db.job.QueueDepths.Line;
import io.millrace.db.limit.PoolView;
import io.millrace.db.limit.PoolViews;
import io.millrace.job.Lane;
import io.millrace.model.Model;
import io.millrace.model.ModelCatalogue;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Finds the pools that there are: those of the models known, those that were used, and those that
 * jobs wait for, since a model that nobody knows has a pool of its own.
 */
final class FindPools {

  private final PoolViews views;
  private final QueueDepths depths;
  private final ModelCatalogue models;

  FindPools(PoolViews views, QueueDepths depths, ModelCatalogue models) {
    this.views = views;
    this.depths = depths;
    this.models = models;
  }

  /**
   * A pool, and what waits for it.
   *
   * @param queued ready jobs that no worker has yet; beyond some thousands an estimate
   */
  record Pool(PoolView view, Map<Lane, Long> queued) {}

  /** All pools by name. */
  List<Pool> all() {
    Map<String, PoolView> found = new TreeMap<>();
    models.models().stream()
        .map(Model::pool)
        .forEach(pool -> found.put(pool, PoolView.unused(pool)));
    Map<String, Map<Lane, Long>> queued = new HashMap<>();
    for (Line line : depths.lines()) {
      Lane.parse(line.lane())
          .ifPresent(lane ->
              queued
                  .computeIfAbsent(line.pool(), _ -> new EnumMap<>(Lane.class))
                  .put(lane, line.jobs()));
      found.putIfAbsent(line.pool(), PoolView.unused(line.pool()));
    }
    found.putAll(views.all());
    List<Pool> pools = new ArrayList<>();
    found.forEach((name, view) -> pools.add(new Pool(view, queued.getOrDefault(name, Map.of()))));
    return pools;
  }

  /** The pool of that name. */
  static Optional<Pool> named(String name, List<Pool> pools) {
    return pools.stream().filter(pool -> pool.view().pool().equals(name)).findFirst();
  }
}
