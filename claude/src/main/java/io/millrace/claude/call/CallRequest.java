package io.millrace.claude.call;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to send. The body is not copied and must not change any more.
 *
 * @param body the exact bytes of the request
 * @param version the {@code anthropic-version}
 * @param betas what {@code anthropic-beta} names
 * @param timeout for the whole call, from connecting to the reply's last byte
 * @param correlation told to the simulator, if the settings allow it
 * @param streamed whether the answer is asked for as a stream and put together again, so that a
 *     hang is told from work
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
public record CallRequest(
    byte[] body,
    String version,
    List<String> betas,
    Duration timeout,
    @Nullable Correlation correlation,
    boolean streamed) {

  public static final Duration TIMEOUT = Duration.ofMinutes(10);

  public CallRequest {
    betas = List.copyOf(betas);
    if (!isHeaderValue(version) || !betas.stream().allMatch(CallRequest::isHeaderValue)) {
      throw new IllegalArgumentException("Version and betas must be visible ASCII");
    }
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("The timeout must be above zero");
    }
  }

  /** A plain call. */
  public CallRequest(
      byte[] body,
      String version,
      List<String> betas,
      Duration timeout,
      @Nullable Correlation correlation) {
    this(body, version, betas, timeout, correlation, false);
  }

  /** Which job and which of its attempts a call belongs to. */
  public record Correlation(String job, int attempt) {}

  /** Whether the text can stand in a header: visible ASCII without blanks. Intake asks this too. */
  public static boolean isHeaderValue(String text) {
    return !text.isEmpty() && text.chars().allMatch(c -> c > ' ' && c < 0x7f);
  }

  @Override
  public String toString() {
    return "CallRequest[" + body.length + " bytes, " + correlation + "]";
  }
}
