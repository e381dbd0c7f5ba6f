package io.millrace.cli.log;

import ch.qos.logback.core.Context;
import org.springframework.boot.logging.logback.StructuredLogEncoder;
import org.springframework.core.env.Environment;
import org.springframework.core.env.StandardEnvironment;

/**
 * Spring Boot's JSON lines, also before Spring Boot is there and where it is kept from the logging.
 * Public with a public constructor because Logback makes it by name.
 */
public final class StructuredLog extends StructuredLogEncoder {

  @Override
  public void start() {
    Context context = getContext();
    if (context.getObject(Environment.class.getName()) == null) {
      context.putObject(Environment.class.getName(), new StandardEnvironment());
    }
    super.start();
  }
}
