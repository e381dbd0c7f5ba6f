package io.millrace.webhook.address;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetsTest {

  private static final Targets OUTSIDE = new Targets(List.of(), false);
  private static final Targets LOCAL = new Targets(List.of("loopback"), false);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          https://example.com                      | https://example.com
          https://example.com/                     | https://example.com/
          HTTPS://EXAMPLE.com/A?b=%7Bc%7D&d[0]=e   | https://example.com/A?b=%7Bc%7D&d[0]=e
          https://example.com.:8443/hook           | https://example.com:8443/hook
          https://bücher.example/hook              | https://xn--bcher-kva.example/hook
          https://ＥＸＡＭＰＬＥ。com/hook          | https://example.com/hook
          https://8.8.8.8/hook                     | https://8.8.8.8/hook
          https://[2606:4700:4700::1111]:444/hook  | https://[2606:4700:4700:0:0:0:0:1111]:444/hook
          https://[::ffff:8.8.8.8]/hook            | https://8.8.8.8/hook
          https://[64:ff9b::8.8.8.8]/hook          | https://[64:ff9b:0:0:0:0:808:808]/hook
          https://0x7f.example.com/hook            | https://0x7f.example.com/hook
          https://127.0.0.1.nip.example/           | https://127.0.0.1.nip.example/
          https://example.com:443?x=//y@z          | https://example.com:443?x=//y@z
          """)
  void whatLeadsOutsideIsTakenAndWrittenInOneWay(String url, String taken) {
    assertThat(OUTSIDE.parse(url)).hasToString(taken);
    assertThat(OUTSIDE.parse(url).getHost()).isNotNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          127.0.0.1            | a loopback address
          127.255.255.254      | a loopback address
          10.0.0.1             | a private address
          172.16.0.1           | a private address
          172.31.255.255       | a private address
          192.168.1.1          | a private address
          169.254.0.1          | a link-local address
          169.254.169.254      | an address of a cloud's metadata
          100.100.100.200      | an address of a cloud's metadata
          168.63.129.16        | an address of a cloud's metadata
          100.64.0.1           | an address within a carrier's network
          100.127.255.255      | an address within a carrier's network
          0.0.0.0              | an unspecified address
          0.1.2.3              | an unspecified address
          224.0.0.1            | a multicast address
          239.255.255.255      | a multicast address
          240.0.0.1            | a reserved address
          255.255.255.255      | a reserved address
          192.0.0.8            | a reserved address
          192.0.2.1            | a reserved address
          198.19.255.255       | a reserved address
          198.51.100.7         | a reserved address
          203.0.113.9          | a reserved address
          192.88.99.1          | a reserved address
          [::]                 | an unspecified address
          [::1]                | a loopback address
          [0:0:0:0:0:0:0:1]    | a loopback address
          [::ffff:127.0.0.1]   | a loopback address
          [::ffff:7f00:1]      | a loopback address
          [::FFFF:A9FE:A9FE]   | an address of a cloud's metadata
          [::ffff:10.1.2.3]    | a private address
          [::ffff:0:127.0.0.1] | a loopback address
          [::127.0.0.1]        | a reserved address
          [::8.8.8.8]          | a reserved address
          [64:ff9b::127.0.0.1] | a loopback address
          [64:ff9b::a9fe:a9fe] | an address of a cloud's metadata
          [64:ff9b::10.0.0.1]  | a private address
          [64:ff9b:1::8.8.8.8] | a reserved address
          [2002:7f00:1::]      | a reserved address
          [2002:808:808::1]    | a reserved address
          [2001:0:7f00:1::]    | a reserved address
          [2001:db8::1]        | a reserved address
          [3fff::1]            | a reserved address
          [100::1]             | a reserved address
          [5f00::1]            | a reserved address
          [4000::1]            | a reserved address
          [fc00::1]            | a private address
          [fd12:3456::1]       | a private address
          [fec0::1]            | a private address
          [fd00:ec2::254]      | an address of a cloud's metadata
          [fe80::1]            | a link-local address
          [febf::1]            | a link-local address
          [ff02::1]            | a multicast address
          """)
  void anAddressInsideIsRefused(String host, String kind) {
    assertThatThrownBy(() -> OUTSIDE.parse("https://" + host + "/hook"))
        .isInstanceOf(TargetRefused.class)
        .hasMessage("Webhooks are not sent to " + kind);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0X7F000001",
        "0x7f.1",
        "0x7F.0x0.0x0.0x1",
        "0177.0.0.1",
        "0177.0.0.01",
        "127.1",
        "127.0.1",
        "127.0.0.1.",
        "127.0.0.0x1",
        "00127.0.0.1",
        "127.0.0.001",
        "１２７.0.0.1",
        "①②⑦.0.0.1",
        "127。0。0。1",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "0xa9.0xfe.0xa9.0xfe",
        "169.254.43518",
        "0",
        "00",
        "0x0",
        "0x",
        "167772161",
        "10.1",
        "4294967295",
        "4294967296",
        "99999999999999999999999",
        "256.0.0.1",
        "08.0.0.1",
        "1.2.3.4.5",
        "1.2.3",
        "a.1",
        "a.0x1",
        "-1",
        "127.0.0.1%00",
        "127.0.0.1%2eexample.com",
        "%31%32%37.0.0.1",
        "[::1%25lo]",
        "[fe80::1%eth0]",
        "[::1]x",
        "[::1",
        "::1",
        "[127.0.0.1]",
        "[v1.127]",
        "[::ffff:0177.0.0.1]",
        "[::ffff:127.1]",
        "[1::2::3]",
        "[]"
      })
  void anAddressInAnotherNotationIsRefused(String host) {
    assertRefused(OUTSIDE, "https://" + host + "/");
  }

  @Test
  void theRefusalSaysWhatANotationMeans() {
    assertThatThrownBy(() -> OUTSIDE.parse("https://0x7f.1/"))
        .hasMessage(
            "An IPv4 address should be four decimal numbers; this one means a loopback address");
    assertThatThrownBy(() -> OUTSIDE.parse("https://2852039166/"))
        .hasMessageEndingWith("means an address of a cloud's metadata");
    assertThatThrownBy(() -> OUTSIDE.parse("https://256.1/"))
        .hasMessage("An IPv4 address should be four decimal numbers");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          http://example.com/hook           | Input should be an https URL
          ftp://example.com/hook            | Input should be an absolute http or https URL
          file:///etc/passwd                | Input should be an absolute http or https URL
          gopher://127.0.0.1/               | Input should be an absolute http or https URL
          example.com/hook                  | Input should be an absolute http or https URL
          //example.com/hook                | Input should be an absolute http or https URL
          https:example.com/hook            | Input should be an absolute http or https URL
          https:/example.com/hook           | Input should be an absolute http or https URL
          https:\\\\example.com/hook        | Input should be an absolute http or https URL
          ` https://example.com/`           | Input should be an absolute http or https URL
          https:///hook                     | URL should have a host
          https://                          | URL should have a host
          https://:443/                     | URL should have a host
          https://?x                        | URL should have a host
          https://user@example.com/         | URL should not have user or password
          https://user:pass@example.com/    | URL should not have user or password
          https://@example.com/             | URL should not have user or password
          https://example.com@127.0.0.1/    | URL should not have user or password
          https://example.com%40127.0.0.1/  | Host is not a valid name
          https://example.com/#fragment     | URL should not have a fragment
          https://example.com/#             | URL should not have a fragment
          https://example.com#@127.0.0.1/   | URL should not have a fragment
          https://example.com:0/            | Port should be from 1 to 65535
          https://example.com:65536/        | Port should be from 1 to 65535
          https://example.com:99999999999/  | Port should be from 1 to 65535
          https://example.com:/             | Port should be from 1 to 65535
          https://example.com:0443/         | Port should be from 1 to 65535
          https://example.com:-1/           | URL should have a host
          https://example.com:80:90/        | URL should have a host
          https://example.com\\@127.0.0.1/  | URL should not have user or password
          https://example.com\\.evil.org/   | Host is not a valid name
          https://exa mple.com/             | Host is not a valid name
          https://exa_mple.com/             | Host is not a valid name
          https://a..b/                     | Host is not a valid name
          https://.example.com/             | Host is not a valid name
          https://./                        | Host is not a valid name
          https://-/                        | Host is not a valid name
          https://a℀b.example/              | Host is not a valid name
          https://a․b.example/              | Host is not a valid name
          https://example.com/a b           | URL has characters that are not allowed in one; write them percent-encoded
          https://example.com/a\\b          | URL has characters that are not allowed in one; write them percent-encoded
          https://example.com/ä             | URL has characters that are not allowed in one; write them percent-encoded
          https://example.com/%zz           | URL has characters that are not allowed in one; write them percent-encoded
          https://example.com/{x}           | URL has characters that are not allowed in one; write them percent-encoded
          https://localhost/                | Webhooks are not sent to a loopback address
          https://LocalHost:8080/           | Webhooks are not sent to a loopback address
          https://localhost./               | Webhooks are not sent to a loopback address
          https://ⓛocalhost/                | Webhooks are not sent to a loopback address
          https://x.localhost/              | Webhooks are not sent to a loopback address
          https://metadata.google.internal/ | Webhooks are not sent to names of a private network
          https://printer.local/            | Webhooks are not sent to names of a private network
          https://redis.default.svc/        | Webhooks are not sent to names of a private network
          https://kubernetes/               | Webhooks are not sent to names of a private network
          https://router.home.arpa/         | Webhooks are not sent to names of a private network
          """)
  void whatIsNoProperUrlIsRefused(String url, String reason) {
    assertThatThrownBy(() -> OUTSIDE.parse(url.replace("\\\\", "\\")))
        .isInstanceOf(TargetRefused.class)
        .hasMessage(reason);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://example.com/a\nb",
        "https://example.com/a\r\nx: y",
        "https://example.com\t/",
        "https://exam\nple.com/",
        "https://example.com/\u0000",
        "https://example.com\u0000.evil.org/",
        "\nhttps://example.com/",
        "https://example.com/ ",
        "https://ex\u00adample.com\u2028/",
        "https://example.com/\ud800"
      })
  void controlCharactersAreRefused(String url) {
    assertRefused(OUTSIDE, url);
  }

  @Test
  void aUrlHasAtMost2048Characters() {
    String url = "https://example.com/" + "a".repeat(2_028);
    assertThat(OUTSIDE.parse(url)).hasToString(url);
    assertThatThrownBy(() -> OUTSIDE.parse(url + "a"))
        .hasMessage("URL should have at most 2048 characters");
  }

  @Test
  void whatANameLeadsToIsJudgedWhenItIsConnectedTo() {
    assertThatCode(() -> OUTSIDE.check(InetAddress.ofLiteral("8.8.8.8")))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> OUTSIDE.check(InetAddress.ofLiteral("10.1.2.3")))
        .isInstanceOf(TargetRefused.class)
        .hasMessage("The host leads to a private address, to which webhooks are not sent")
        .message()
        .doesNotContain("10.1.2.3");
    assertThatThrownBy(() -> OUTSIDE.check(InetAddress.ofLiteral("fe80::1%1")))
        .isInstanceOf(TargetRefused.class);
  }

  @Test
  void anAllowedLoopbackMayBeReachedByHttpAndNothingElseMay() {
    assertThat(LOCAL.parse("http://localhost:9000/hook")).hasToString("http://localhost:9000/hook");
    assertThat(LOCAL.parse("http://127.0.0.1:9000/")).hasToString("http://127.0.0.1:9000/");
    assertThat(LOCAL.parse("http://[::1]:9000/")).hasToString("http://[0:0:0:0:0:0:0:1]:9000/");
    LOCAL.check(InetAddress.ofLiteral("127.0.0.1"));
    LOCAL.check(InetAddress.ofLiteral("::1"));
    assertRefused(LOCAL, "http://example.com/");
    assertRefused(LOCAL, "http://x.localhost/");
    assertRefused(LOCAL, "https://10.0.0.1/");
    assertRefused(LOCAL, "https://0.0.0.0/");
    assertRefused(LOCAL, "https://kubernetes/");
    assertThatThrownBy(() -> LOCAL.check(InetAddress.ofLiteral("192.168.0.1")))
        .isInstanceOf(TargetRefused.class);
  }

  @Test
  void allowedRangesOpenWhatIsInThemAndNoMore() {
    var targets = new Targets(List.of("10.1.0.0/16", " fd00::/8 ", "192.168.7.7"), true);
    assertThat(targets.parse("http://10.1.255.255/")).hasToString("http://10.1.255.255/");
    assertThat(targets.parse("http://[::ffff:10.1.0.1]/")).hasToString("http://10.1.0.1/");
    assertThat(targets.parse("http://hooks.internal/")).hasToString("http://hooks.internal/");
    assertThat(targets.parse("http://hooks/")).hasToString("http://hooks/");
    targets.check(InetAddress.ofLiteral("fd12::1"));
    targets.check(InetAddress.ofLiteral("192.168.7.7"));
    assertRefused(targets, "http://10.2.0.1/");
    assertRefused(targets, "http://192.168.7.8/");
    assertRefused(targets, "http://127.0.0.1/");
    assertThatThrownBy(() -> targets.check(InetAddress.ofLiteral("127.0.0.1")))
        .isInstanceOf(TargetRefused.class);
  }

  @Test
  void metadataIsOpenedByItsVeryAddressOnly() {
    var wide = new Targets(List.of("0.0.0.0/0", "::/0"), false);
    wide.check(InetAddress.ofLiteral("10.0.0.1"));
    wide.check(InetAddress.ofLiteral("169.254.1.1"));
    assertRefused(wide, "https://169.254.169.254/");
    assertRefused(wide, "https://[fd00:ec2::254]/");
    assertThat(new Targets(List.of("169.254.169.254"), false).parse("https://169.254.169.254/"))
        .isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/",
        "10.0.0.1/8",
        "10.1/16",
        "::/129",
        "example.com",
        "0x7f.0.0.1/32",
        "fe80::%lo/64",
        "*",
        "010.0.0.0/8"
      })
  void anUnusableAllowanceRefusesToStart(String entry) {
    assertThatThrownBy(() -> new Targets(List.of(entry), false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("millrace.webhooks.allow should list ranges");
  }

  private static void assertRefused(Targets targets, String url) {
    assertThatThrownBy(() -> targets.parse(url)).as(url).isInstanceOf(TargetRefused.class);
  }
}
