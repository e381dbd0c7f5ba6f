package io.millrace.api.limit;

import io.millrace.db.job.QueueDepths;
import io.millrace.db.limit.PoolPauses;
import io.millrace.db.limit.PoolViews;
import io.millrace.db.sql.Database;
import io.millrace.model.ModelCatalogue;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Wires the operator's routes on pools. */
@Configuration(proxyBeanMethods = false)
public class LimitConfiguration {

  @Bean
  LimitController limitController(Database database, ModelCatalogue models) {
    return new LimitController(
        new FindPools(new PoolViews(database), new QueueDepths(database), models),
        new PoolPauses(database));
  }
}
