package io.millrace.cli.serve;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.List;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * Sets what {@code --logging.level.<name>=<level>} asks for, and leads what Tomcat logs to the same
 * place. Spring Boot, which does so otherwise, is kept from it in a process that logs already: it
 * would reset what the embedded servers are writing to.
 */
final class LogLevels {

  private static final String PREFIX = "--logging.level.";

  private LogLevels() {}

  static void set(List<String> settings) {
    System.setProperty("org.springframework.boot.logging.LoggingSystem", "none");
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    for (String setting : settings) {
      int equals = setting.indexOf('=');
      if (setting.startsWith(PREFIX)
          && LoggerFactory.getLogger(setting.substring(PREFIX.length(), equals))
              instanceof Logger logger) {
        logger.setLevel(Level.toLevel(setting.substring(equals + 1)));
      }
    }
  }
}
