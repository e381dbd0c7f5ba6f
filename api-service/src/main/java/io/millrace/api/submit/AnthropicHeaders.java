package io.millrace.api.submit;

import static io.millrace.api.fields.Values.refused;

import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The two headers of the Claude API that a job carries: from its body, else from its request. */
public final class AnthropicHeaders {

  static final int MAX_BETAS = 32;
  static final int MAX_BETA = 128;

  private static final String DEFAULT_VERSION = "2026-10-21";

  static String version(Submission submission, HttpServletRequest request) {
    if (submission.anthropicVersion() != null) {
      return submission.anthropicVersion();
    }
    return version(request);
  }

  /** The version of the header. */
  public static String version(HttpServletRequest request) {
    String header = request.getHeader("anthropic-version");
    return header == null ? DEFAULT_VERSION : version("anthropic-version", header);
  }

  /** {@code value} where it is a version that Claude knows. */
  static String version(String field, String value) {
    return switch (value) {
      case "2023-06-01", "2026-10-21" -> value;
      default -> throw refused(field, "Input should be '2023-06-01' or '2026-10-21'");
    };
  }

  static List<String> betas(Submission submission, HttpServletRequest request) {
    @Nullable List<String> inBody = submission.anthropicBeta();
    return inBody != null ? inBody : betas(request);
  }

  /** The betas of the header. */
  public static List<String> betas(HttpServletRequest request) {
    List<String> betas = new ArrayList<>();
    for (String header : Collections.list(request.getHeaders("anthropic-beta"))) {
      for (String part : header.split(",", -1)) {
        if (!part.isBlank()) {
          checkBeta("anthropic-beta", part.strip());
          betas.add(part.strip());
        }
      }
    }
    if (betas.size() > MAX_BETAS) {
      throw refused("anthropic-beta", "List should have at most " + MAX_BETAS + " items");
    }
    return betas;
  }

  /** It is sent on as a header, where a comma or a line end would make it something else. */
  static void checkBeta(String field, String beta) {
    if (beta.length() > MAX_BETA || !beta.chars().allMatch(c -> c > ' ' && c < 127 && c != ',')) {
      throw refused(
          field,
          "Each item should have at most %d visible ASCII characters and no comma"
              .formatted(MAX_BETA));
    }
  }

  private AnthropicHeaders() {}
}
