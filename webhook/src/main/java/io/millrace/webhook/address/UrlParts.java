package io.millrace.webhook.address;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A URL in its parts, cut by the one grammar of RFC 3986 without any of the leniency by which
 * parsers differ: what is not written as it should be is refused instead of mended.
 *
 * @param rest path and query as they stand
 */
record UrlParts(boolean isHttp, String host, String port, String rest) {

  private static final int MAX_LENGTH = 2_048;
  private static final int MAX_PORT = 65_535;

  private static final Pattern URL =
      Pattern.compile("(?i:(https?))://([^/?#]*)([^#]*)(#.*)?", Pattern.DOTALL);
  private static final Pattern AUTHORITY =
      Pattern.compile("(\\[[^\\]\\[@]*\\]|[^:\\]\\[@]*)(?::(\\d*))?");
  private static final Pattern OUT_OF_PLACE =
      Pattern.compile("[^A-Za-z0-9._~:/?\\[\\]@!$&'()*+,;=%-]|%(?![0-9A-Fa-f]{2})");

  static UrlParts of(String url) {
    if (url.length() > MAX_LENGTH) {
      throw new TargetRefused("URL should have at most " + MAX_LENGTH + " characters");
    }
    Matcher parts = URL.matcher(url);
    if (!parts.matches()) {
      throw new TargetRefused("Input should be an absolute http or https URL");
    }
    if (parts.group(4) != null) {
      throw new TargetRefused("URL should not have a fragment");
    }
    if (parts.group(2).indexOf('@') >= 0) {
      throw new TargetRefused("URL should not have user or password");
    }
    Matcher authority = AUTHORITY.matcher(parts.group(2));
    if (!authority.matches() || authority.group(1).isEmpty()) {
      throw new TargetRefused("URL should have a host");
    }
    if (OUT_OF_PLACE.matcher(parts.group(3)).find()) {
      throw new TargetRefused(
          "URL has characters that are not allowed in one; write them percent-encoded");
    }
    return new UrlParts(
        parts.group(1).equalsIgnoreCase("http"),
        authority.group(1),
        port(authority.group(2)),
        parts.group(3));
  }

  /** This URL, its host written like that. */
  URI at(String host) {
    try {
      var uri = new URI((isHttp ? "http://" : "https://") + host + port + rest);
      // Java has no host for what it takes for no name, like one whose last part begins with a
      // digit.
      if (host.equals(uri.getHost())) {
        return uri;
      }
    } catch (URISyntaxException notAUrl) {
      // Refused below.
    }
    throw new TargetRefused("Input should be an absolute http or https URL");
  }

  private static String port(@Nullable String digits) {
    if (digits == null) {
      return "";
    }
    if (digits.isEmpty()
        || digits.length() > 5
        || digits.startsWith("0")
        || Integer.parseInt(digits) > MAX_PORT) {
      throw new TargetRefused("Port should be from 1 to " + MAX_PORT);
    }
    return ":" + digits;
  }
}
