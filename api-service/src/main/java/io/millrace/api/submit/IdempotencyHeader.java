package io.millrace.api.submit;

import static io.millrace.api.fields.Values.refused;

import io.millrace.db.job.NewJob.IdempotencyKey;
import jakarta.servlet.http.HttpServletRequest;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The {@code Idempotency-Key} header. */
public final class IdempotencyHeader {

  private static final int MAX = 255;

  /** The key of this request with the hash of its body, or null where it brings none. */
  static @Nullable IdempotencyKey of(HttpServletRequest request, String path, byte[] body) {
    String key = of(request);
    return key == null ? null : new IdempotencyKey(path, key, sha256().digest(body));
  }

  /** The key alone, or null where it brings none. */
  public static @Nullable String of(HttpServletRequest request) {
    List<String> values = Collections.list(request.getHeaders("idempotency-key"));
    if (values.isEmpty()) {
      return null;
    }
    String key = values.getFirst();
    boolean printable = key.chars().allMatch(c -> c >= ' ' && c < 127);
    if (values.size() > 1 || key.isEmpty() || key.length() > MAX || !printable) {
      throw refused(
          "idempotency-key", "Input should be one value of 1 to 255 printable ASCII characters");
    }
    return key;
  }

  /** What bodies are hashed with. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException everyJdkHasIt) {
      throw new IllegalStateException(everyJdkHasIt);
    }
  }

  private IdempotencyHeader() {}
}
