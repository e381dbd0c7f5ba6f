package io.millrace.api;

import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.springframework.boot.tomcat.TomcatProtocolHandlerCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What of the web server has no property. */
@Configuration(proxyBeanMethods = false)
class ServerConfiguration {

  /** How often Tomcat logs what it could not read of a request. */
  private static final String LOG_UNREADABLE = "org.apache.juli.logging.UserDataHelper.CONFIG";

  /** What the system holds for a client that does not read; else it may grow to megabytes. */
  private static final String SEND_BUFFER_BYTES = "131072";

  /** A client that asks before it sends is told to go on only once its request has passed. */
  @Bean
  TomcatProtocolHandlerCustomizer<AbstractHttp11Protocol<?>> connections() {
    // After a wrong content-length the unreadable request is a piece of a prompt.
    System.setProperty(LOG_UNREADABLE, "DEBUG_ALL");
    return protocol -> {
      protocol.setContinueResponseTiming("onRead");
      protocol.setProperty("socket.txBufSize", SEND_BUFFER_BYTES);
    };
  }
}
