package io.millrace.api.access;

import io.millrace.db.tenant.ApiKeys.Principal;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Local mode: whoever reaches the loopback interface is the one tenant, and its operator. The host
 * that a browser names is looked at, since a web page whose name was pointed at this machine could
 * otherwise spend its owner's money.
 */
record LocalGate(Principal everybody) implements AccessFilter.Gate {

  boolean admits(@Nullable String host) {
    if (host == null) {
      return true;
    }
    String name = host.toLowerCase(Locale.ROOT).replaceFirst(":\\d+$", "");
    return name.equals("localhost")
        || name.endsWith(".localhost")
        || name.matches("127(\\.\\d{1,3}){3}")
        || name.equals("[::1]");
  }
}
