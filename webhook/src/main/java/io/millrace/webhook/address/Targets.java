package io.millrace.webhook.address;

import java.net.InetAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Where webhooks may be sent to. A URL is judged as text when it is handed in and again before it
 * is used; whoever connects must use the very {@link URI} that {@link #parse} returns, whose host
 * is written in one way only, and ask {@link #check} about every address before connecting to it:
 * only that holds when a name leads elsewhere than it did a moment ago.
 *
 * <p>Immutable.
 */
public final class Targets {

  private static final String LOOPBACK = "loopback";
  private static final Set<String> INSIDE =
      Set.of(
          "local",
          "internal",
          "intranet",
          "lan",
          "home",
          "corp",
          "localdomain",
          "home.arpa",
          "svc");

  private final List<Range> allowed;
  private final boolean allowsLoopback;
  private final boolean allowsHttp;

  /**
   * Those outside, and those allowed.
   *
   * @param allow CIDRs, addresses, and {@code loopback}
   * @param allowHttp whether http may be spoken; with an allowed loopback it may in any case
   */
  public Targets(List<String> allow, boolean allowHttp) {
    List<Range> ranges = new ArrayList<>();
    boolean loopback = false;
    for (String entry : allow) {
      String text = entry.strip();
      if (text.equals(LOOPBACK)) {
        loopback = true;
      } else {
        ranges.add(range(text));
      }
    }
    this.allowed = List.copyOf(ranges);
    this.allowsLoopback = loopback;
    this.allowsHttp = allowHttp;
  }

  /**
   * The URL to send to.
   *
   * @throws TargetRefused where it is none, or leads where webhooks do not go
   */
  public URI parse(String url) {
    var parts = UrlParts.of(url);
    var host = Host.parse(parts.host());
    switch (host) {
      case Host.Literal(InetAddress address) -> checkLiteral(address);
      case Host.Name(String name) -> checkName(name);
    }
    if (parts.isHttp() && !allowsHttp && !(allowsLoopback && isLoopback(host))) {
      throw new TargetRefused("Input should be an https URL");
    }
    return parts.at(host.text());
  }

  /**
   * Judges an address that is about to be connected to.
   *
   * @throws TargetRefused where webhooks do not go there
   */
  public void check(InetAddress address) {
    if (!isAllowed(address)) {
      throw new TargetRefused(
          "The host leads to "
              + Network.of(address.getAddress()).words()
              + ", to which webhooks are not sent");
    }
  }

  private void checkLiteral(InetAddress address) {
    if (!isAllowed(address)) {
      throw new TargetRefused(
          "Webhooks are not sent to " + Network.of(address.getAddress()).words());
    }
  }

  /** Names that lead inside are as good as refused; others are judged by where they lead. */
  private void checkName(String name) {
    if (name.equals("localhost") || name.endsWith(".localhost")) {
      if (!allowsLoopback && allowed.isEmpty()) {
        throw new TargetRefused("Webhooks are not sent to " + Network.LOOPBACK.words());
      }
      return;
    }
    boolean inside =
        name.indexOf('.') < 0 || INSIDE.stream().anyMatch(zone -> name.endsWith("." + zone));
    if (inside && allowed.isEmpty()) {
      throw new TargetRefused("Webhooks are not sent to names of a private network");
    }
  }

  private boolean isAllowed(InetAddress address) {
    byte[] meant = Network.meaning(address.getAddress());
    return switch (Network.of(meant)) {
      case PUBLIC -> true;
      // A range that was meant for machines must not open what gives their secrets away.
      case METADATA ->
          allowed.stream().anyMatch(range -> range.isSingle() && range.contains(meant));
      case LOOPBACK -> allowsLoopback || contains(meant);
      case LINK_LOCAL, PRIVATE, SHARED, MULTICAST, UNSPECIFIED, RESERVED -> contains(meant);
    };
  }

  private boolean contains(byte[] address) {
    return allowed.stream().anyMatch(range -> range.contains(address));
  }

  private static boolean isLoopback(Host host) {
    return switch (host) {
      case Host.Literal(InetAddress address) ->
          Network.of(address.getAddress()) == Network.LOOPBACK;
      case Host.Name(String name) -> name.equals("localhost");
    };
  }

  private static Range range(String text) {
    try {
      return Range.parse(text.toLowerCase(Locale.ROOT));
    } catch (IllegalArgumentException unusable) {
      throw new IllegalArgumentException(
          "millrace.webhooks.allow should list ranges like 10.1.0.0/16 or fd12:3456::/32, or"
              + " 'loopback', not "
              + text,
          unusable);
    }
  }
}
