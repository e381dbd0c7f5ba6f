package io.millrace.webhook.address;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * What kind of network an address belongs to, by IANA's registries of special-purpose addresses. An
 * IPv6 address that carries an IPv4 one is judged by that where it is in use, and is no public one
 * where the way of carrying is out of use.
 */
enum Network {
  /** Anybody's, in the open. */
  PUBLIC("a public address"),
  LOOPBACK("a loopback address"),
  /** Where clouds tell machines their secrets. */
  METADATA("an address of a cloud's metadata"),
  LINK_LOCAL("a link-local address"),
  PRIVATE("a private address"),
  SHARED("an address within a carrier's network"),
  MULTICAST("a multicast address"),
  UNSPECIFIED("an unspecified address"),
  RESERVED("a reserved address");

  /** The first that holds an address says what it is. */
  private static final List<Block> BLOCKS =
      Stream.of(
              blocks(LOOPBACK, "127.0.0.0/8", "::1/128"),
              blocks(METADATA, "169.254.169.254/32", "169.254.170.2/32", "169.254.170.23/32"),
              blocks(METADATA, "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"),
              blocks(METADATA, "fd00:ec2::254/128", "fd00:ec2::23/128", "fd20:ce::254/128"),
              blocks(LINK_LOCAL, "169.254.0.0/16", "fe80::/10"),
              blocks(PRIVATE, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
              blocks(PRIVATE, "fc00::/7", "fec0::/10"),
              blocks(SHARED, "100.64.0.0/10"),
              blocks(MULTICAST, "224.0.0.0/4", "ff00::/8"),
              blocks(UNSPECIFIED, "0.0.0.0/8", "::/128"),
              blocks(RESERVED, "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15"),
              blocks(RESERVED, "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4"),
              blocks(RESERVED, "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
          .flatMap(List::stream)
          .toList();

  private static final Range STATELESS = Range.parse("::ffff:0:0:0/96");
  private static final Range NAT64 = Range.parse("64:ff9b::/96");
  private static final Range GLOBAL = Range.parse("2000::/3");

  private final String words;

  Network(String words) {
    this.words = words;
  }

  private record Block(Network network, Range range) {}

  /** What to call an address of it. */
  String words() {
    return words;
  }

  /** The one that {@code address} belongs to. */
  static Network of(byte[] address) {
    byte[] meant = meaning(address);
    for (Block block : BLOCKS) {
      if (block.range.contains(meant)) {
        return block.network;
      }
    }
    return meant.length == 4 || GLOBAL.contains(meant) ? PUBLIC : RESERVED;
  }

  /** The IPv4 address that an IPv6 one stands for, or the address itself. */
  static byte[] meaning(byte[] address) {
    boolean carries = isMapped(address) || STATELESS.contains(address) || NAT64.contains(address);
    return carries ? Arrays.copyOfRange(address, 12, 16) : address;
  }

  /** {@code ::ffff:0:0/96}, which Java would not parse as of IPv6. */
  private static boolean isMapped(byte[] address) {
    if (address.length != 16 || address[10] != -1 || address[11] != -1) {
      return false;
    }
    for (int i = 0; i < 10; i++) {
      if (address[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private static List<Block> blocks(Network network, String... ranges) {
    return Arrays.stream(ranges).map(range -> new Block(network, Range.parse(range))).toList();
  }
}
