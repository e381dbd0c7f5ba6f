package io.millrace.api.access;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.web.server.ConfigurableWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.core.Ordered;

/** Binds a service without keys to the loopback interface, whatever else was asked for. */
final class LocalAddress
    implements WebServerFactoryCustomizer<ConfigurableWebServerFactory>, Ordered {

  private final AccessSettings settings;
  private final @Nullable InetAddress asked;

  LocalAddress(AccessSettings settings, @Nullable InetAddress asked) {
    this.settings = settings;
    this.asked = asked;
  }

  @Override
  public int getOrder() {
    return LOWEST_PRECEDENCE;
  }

  @Override
  public void customize(ConfigurableWebServerFactory server) {
    if (!settings.local()) {
      return;
    }
    if (asked != null && !asked.isLoopbackAddress()) {
      throw new IllegalArgumentException(
          "millrace.local serves without keys and so on the loopback interface only, not on "
              + asked.getHostAddress());
    }
    server.setAddress(asked == null ? InetAddress.getLoopbackAddress() : asked);
  }
}
