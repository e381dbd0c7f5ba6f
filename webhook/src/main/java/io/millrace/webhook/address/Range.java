package io.millrace.webhook.address;

import java.net.InetAddress;
import java.util.regex.Pattern;

/** All addresses that begin with the same bits. */
record Range(byte[] prefix, int bits) {

  private static final Pattern LENGTH = Pattern.compile("\\d{1,3}");
  private static final Pattern DOTTED =
      Pattern.compile("(?:(?:0|[1-9]\\d{0,2})\\.){3}(?:0|[1-9]\\d{0,2})");

  /** Of {@code address/bits}, or an address alone. */
  static Range parse(String text) {
    int slash = text.indexOf('/');
    String address = slash < 0 ? text : text.substring(0, slash);
    boolean literal = DOTTED.matcher(address).matches() || address.indexOf(':') >= 0;
    if (!literal || address.indexOf('%') >= 0) {
      throw new IllegalArgumentException(text + " is not a range of addresses");
    }
    byte[] prefix = InetAddress.ofLiteral(address).getAddress();
    String length = slash < 0 ? String.valueOf(prefix.length * 8) : text.substring(slash + 1);
    if (!LENGTH.matcher(length).matches() || Integer.parseInt(length) > prefix.length * 8) {
      throw new IllegalArgumentException(text + " is not a range of addresses");
    }
    var range = new Range(prefix, Integer.parseInt(length));
    for (int bit = range.bits; bit < prefix.length * 8; bit++) {
      if ((prefix[bit / 8] >> (7 - bit % 8) & 1) != 0) {
        throw new IllegalArgumentException(
            text + " is not a range of addresses: it has bits behind its prefix");
      }
    }
    return range;
  }

  /** Whether it is one address and no more. */
  boolean isSingle() {
    return bits == prefix.length * 8;
  }

  boolean contains(byte[] address) {
    if (address.length != prefix.length) {
      return false;
    }
    int whole = bits / 8;
    for (int i = 0; i < whole; i++) {
      if (address[i] != prefix[i]) {
        return false;
      }
    }
    int rest = bits % 8;
    return rest == 0 || (address[whole] ^ prefix[whole]) >> (8 - rest) << (8 - rest) == 0;
  }
}
