package io.millrace.webhook.address;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever notation an address is written in: what is taken leads, as any resolver reads the host
 * that is left, to an address that may be sent to.
 */
class NotationsTest {

  private static final Targets OUTSIDE = new Targets(List.of(), true);

  @ParameterizedTest
  @MethodSource("seeds")
  void noNotationReachesARefusedAddress(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      byte[] address = address(random);
      for (String host : notations(address, random)) {
        String url = (random.nextBoolean() ? "https://" : "http://") + host + tail(random);
        URI taken;
        try {
          taken = OUTSIDE.parse(url);
        } catch (TargetRefused _) {
          continue;
        }
        assertLeadsOutside(taken, "seed " + seed + ": " + url);
      }
    }
  }

  static List<Long> seeds() {
    return List.of(1L, 2L, 3L, new Random().nextLong());
  }

  /** No text whatever is answered with another exception, and what passes leads outside. */
  @ParameterizedTest
  @ValueSource(longs = {11, 12})
  void noTextIsTooStrangeToBeJudged(long seed) {
    var random = new Random(seed);
    String alphabet = "htps:/.@[]#?%\\ 0123456789abcdefxX-_\t\n\u0000。．①ß\u00adℓocalhst127";
    for (int i = 0; i < 20_000; i++) {
      var url = new StringBuilder(random.nextInt(4) == 0 ? "" : "https://");
      for (int n = random.nextInt(24); n > 0; n--) {
        url.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      try {
        assertLeadsOutside(OUTSIDE.parse(url.toString()), url.toString());
      } catch (TargetRefused _) {
        // Judged.
      }
    }
  }

  @Test
  void everyAddressOfIpv4IsOfTheNetworkThatTheJdkKnows() {
    var random = new Random(5);
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes = new byte[4];
      random.nextBytes(bytes);
      if (isInside(bytes)) {
        assertThat(Network.of(bytes)).isNotEqualTo(Network.PUBLIC);
      }
    }
  }

  private static void assertLeadsOutside(URI taken, String from) {
    String host = taken.getHost();
    assertThat(host).as(from).isNotNull();
    assertThat(taken.getUserInfo()).as(from).isNull();
    if (host.startsWith("[")) {
      byte[] bytes = InetAddress.ofLiteral(host.substring(1, host.length() - 1)).getAddress();
      assertThat(isInside(bytes)).as(from).isFalse();
      byte[] carried = Arrays.copyOfRange(bytes, bytes.length - 4, bytes.length);
      boolean nat64 = bytes.length == 16 && bytes[0] == 0 && bytes[1] == 0x64;
      assertThat(nat64 && isInside(carried)).as(from).isFalse();
      return;
    }
    try {
      // Every number that the most lenient of resolvers would take for an address.
      assertThat(isInside(Inet4Address.ofPosixLiteral(host).getAddress())).as(from).isFalse();
      assertThat(host).as(from).matches("(?:\\d{1,3}\\.){3}\\d{1,3}");
    } catch (IllegalArgumentException isAName) {
      assertThat(host).as(from).doesNotEndWith("localhost").matches("[a-z0-9.-]+[a-z][a-z0-9-]*");
    }
  }

  /** By the JDK's notion and the registries, written apart from the code under test. */
  private static boolean isInside(byte[] bytes) {
    InetAddress address;
    try {
      address = InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
    if (address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress()) {
      return true;
    }
    int first = bytes[0] & 0xff;
    int second = bytes[1] & 0xff;
    if (bytes.length == 4) {
      return first == 0
          || first == 127
          || first >= 240
          || (first == 100 && second >= 64 && second < 128)
          || (first == 198 && (second & 0xfe) == 18);
    }
    return (first & 0xfe) == 0xfc || (first == 0x20 && second == 2);
  }

  private static byte[] address(Random random) {
    byte[][] inside = {
      {127, 0, 0, 1},
      {10, 0, 0, 1},
      {(byte) 169, (byte) 254, (byte) 169, (byte) 254},
      {(byte) 192, (byte) 168, 1, 1},
      {(byte) 172, 16, 0, 1},
      {100, 64, 0, 1},
      {0, 0, 0, 0}
    };
    byte[] address = inside[random.nextInt(inside.length)].clone();
    if (random.nextBoolean()) {
      address[3] = (byte) random.nextInt(256);
    }
    if (random.nextInt(8) == 0) {
      random.nextBytes(address);
    }
    return address;
  }

  private static List<String> notations(byte[] bytes, Random random) {
    int[] parts = {bytes[0] & 0xff, bytes[1] & 0xff, bytes[2] & 0xff, bytes[3] & 0xff};
    List<String> hosts = new ArrayList<>();
    for (int count = 1; count <= 4; count++) {
      var host = new StringBuilder();
      for (int i = 0; i < count - 1; i++) {
        host.append(number(parts[i], random)).append(dot(random));
      }
      long rest = 0;
      for (int i = count - 1; i < 4; i++) {
        rest = rest << 8 | parts[i];
      }
      hosts.add(host.append(number(rest, random)).toString());
    }
    String hex =
        String.format(Locale.ROOT, "%x:%x", parts[0] << 8 | parts[1], parts[2] << 8 | parts[3]);
    String dotted = parts[0] + "." + parts[1] + "." + parts[2] + "." + parts[3];
    for (String prefix : List.of("::", "::ffff:", "0:0:0:0:0:FFFF:", "::ffff:0:", "64:ff9b::")) {
      hosts.add("[" + prefix + hex + "]");
      hosts.add("[" + prefix + dotted + "]");
    }
    hosts.add("[2002:" + hex + "::1]");
    hosts.add("[2001:0:" + hex + "::1]");
    return hosts;
  }

  private static String number(long value, Random random) {
    String text =
        switch (random.nextInt(5)) {
          case 0 -> "0x" + Long.toHexString(value);
          case 1 -> "0X000" + Long.toHexString(value).toUpperCase(Locale.ROOT);
          case 2 -> "0" + Long.toOctalString(value);
          case 3 -> Long.toString(value).replace('1', '１').replace('2', '②');
          default -> Long.toString(value);
        };
    return text;
  }

  private static String dot(Random random) {
    return random.nextInt(6) == 0 ? "。" : ".";
  }

  private static String tail(Random random) {
    return List.of("", ".", "/", ":443/", "?@example.com", "/#x", "%00/", ":/")
        .get(random.nextInt(8));
  }
}
