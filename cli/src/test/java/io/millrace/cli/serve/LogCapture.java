package io.millrace.cli.serve;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** Everything that is logged: by Millrace from TRACE on, by all others from INFO on. */
final class LogCapture extends AppenderBase<ILoggingEvent> implements AutoCloseable {

  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final Map<Logger, Level> levels = new HashMap<>();
  private final List<Appender<ILoggingEvent>> printers = new ArrayList<>();
  private final Logger root;

  private LogCapture(LoggerContext context) {
    this.root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    setContext(context);
    start();
    context.getLoggerList().forEach(logger -> levels.put(logger, logger.getLevel()));
    levels.keySet().stream()
        .filter(logger -> logger != root)
        .forEach(logger -> logger.setLevel(null));
    root.setLevel(Level.INFO);
    context.getLogger("io.millrace").setLevel(Level.TRACE);
    // What is captured is not printed as well.
    root.iteratorForAppenders().forEachRemaining(printers::add);
    printers.forEach(root::detachAppender);
    root.addAppender(this);
  }

  static LogCapture begin() {
    return new LogCapture((LoggerContext) LoggerFactory.getILoggerFactory());
  }

  List<String> lines() {
    return lines;
  }

  @Override
  protected void append(ILoggingEvent event) {
    lines.add(
        "%s %s %s %s %s"
            .formatted(
                event.getLevel(),
                event.getLoggerName(),
                event.getMDCPropertyMap(),
                event.getFormattedMessage(),
                event.getThrowableProxy() == null
                    ? ""
                    : ThrowableProxyUtil.asString(event.getThrowableProxy())));
  }

  @Override
  public void close() {
    root.detachAppender(this);
    printers.forEach(root::addAppender);
    levels.forEach(Logger::setLevel);
  }
}
