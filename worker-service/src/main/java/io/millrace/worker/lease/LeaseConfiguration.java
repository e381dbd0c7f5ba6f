package io.millrace.worker.lease;

import io.millrace.db.sql.Database;
import io.millrace.db.worker.Workers;
import io.millrace.worker.execute.ExecuteSettings;
import io.millrace.worker.execute.Slots;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(LeaseSettings.class)
public class LeaseConfiguration {

  @Bean
  Workers workers(Database database) {
    return new Workers(database);
  }

  @Bean
  Lease lease(Workers workers, Slots slots, ExecuteSettings execute, LeaseSettings settings) {
    return new Lease(workers, name(), execute.slots(), slots::used, settings, System::nanoTime);
  }

  private static String name() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException nameless) {
      host = "worker";
    }
    return host + "-" + ProcessHandle.current().pid();
  }
}
