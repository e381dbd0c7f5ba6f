package io.millrace.worker.dispatch;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How far the dispatcher runs ahead of the workers.
 *
 * @param horizon jobs are released that their pool can start within this time
 * @param window jobs released and not yet claimed, over all pools
 * @param sweep time after which a released job that nobody claimed is released again
 * @param idle pause between looks at the queue when nothing is ready and no one rings
 */
@ConfigurationProperties("millrace.dispatch")
public record DispatchSettings(
    @DefaultValue("1s") Duration horizon,
    @DefaultValue("2000") int window,
    @DefaultValue("20s") Duration sweep,
    @DefaultValue("250ms") Duration idle) {

  public DispatchSettings {
    if (window < 1 || horizon.isNegative() || sweep.toMillis() < 1000 || idle.toMillis() < 1) {
      throw new IllegalArgumentException(
          "millrace.dispatch needs a window of at least 1, a sweep of at least 1s and an idle pause of at least 1ms");
    }
  }
}
