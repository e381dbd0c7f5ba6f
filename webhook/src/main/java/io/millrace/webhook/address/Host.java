package io.millrace.webhook.address;

import java.net.IDN;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Locale;
import java.util.regex.Pattern;

/** The host of a URL. Whatever a resolver may take for an address is one, or refused. */
sealed interface Host {

  int MAX_LENGTH = 253;

  /** Like {@code 0x7f}, {@code 1} or {@code 0}: a name's last part is never one. */
  Pattern NUMBER = Pattern.compile("0x[0-9a-f]*|\\d+");

  Pattern DOTTED = Pattern.compile("(?:(?:0|[1-9]\\d{0,2})\\.){3}(?:0|[1-9]\\d{0,2})");
  Pattern NAME = Pattern.compile("[a-z0-9-]+(?:\\.[a-z0-9-]+)*");
  Pattern IPV6 = Pattern.compile("[0-9a-f:.]+");

  /** An address. */
  record Literal(InetAddress address) implements Host {
    @Override
    public String text() {
      String text = address.getHostAddress();
      return address instanceof Inet6Address ? "[" + text + "]" : text;
    }
  }

  /** A name, in lower case and ASCII, without a dot at its end. */
  record Name(String text) implements Host {}

  /** How it is written in a URL. */
  String text();

  /** The host that {@code text} is in a URL. */
  static Host parse(String text) {
    if (text.startsWith("[")) {
      return bracketed(text.substring(1, text.length() - 1).toLowerCase(Locale.ROOT));
    }
    String name = ascii(text);
    String last = name.substring(name.lastIndexOf('.') + 1);
    if (!NUMBER.matcher(last).matches()) {
      return new Name(name);
    }
    if (!DOTTED.matcher(name).matches()) {
      throw new TargetRefused("An IPv4 address should be four decimal numbers" + meaning(name));
    }
    return new Literal(address(name));
  }

  private static Host bracketed(String text) {
    if (!IPV6.matcher(text).matches() || text.indexOf(':') < 0) {
      throw new TargetRefused("Host should be an IPv6 address without a zone");
    }
    int tail = text.lastIndexOf(':') + 1;
    if (text.indexOf('.') >= 0 && !DOTTED.matcher(text.substring(tail)).matches()) {
      throw new TargetRefused("An IPv4 address should be four decimal numbers");
    }
    return new Literal(address(text));
  }

  private static InetAddress address(String text) {
    try {
      return InetAddress.ofLiteral(text);
    } catch (IllegalArgumentException notAnAddress) {
      throw new TargetRefused("Host is not a valid address");
    }
  }

  /** What a lenient resolver would make of a number, for the caller to see that we know it. */
  private static String meaning(String number) {
    try {
      var address = Inet4Address.ofPosixLiteral(number);
      return "; this one means " + Network.of(address.getAddress()).words();
    } catch (IllegalArgumentException notAnAddress) {
      return "";
    }
  }

  private static String ascii(String text) {
    String ascii;
    try {
      ascii = IDN.toASCII(text, IDN.USE_STD3_ASCII_RULES).toLowerCase(Locale.ROOT);
    } catch (IllegalArgumentException | IndexOutOfBoundsException notAName) {
      throw new TargetRefused("Host is not a valid name");
    }
    String name = ascii.endsWith(".") ? ascii.substring(0, ascii.length() - 1) : ascii;
    // Compatibility forms may have become dots or slashes only now.
    if (name.length() > MAX_LENGTH || !NAME.matcher(name).matches()) {
      throw new TargetRefused("Host is not a valid name");
    }
    return name;
  }
}
