package io.millrace.cli.bench;

import java.nio.charset.StandardCharsets;

/** The requests that the load sends, made once. */
final class Submission {

  static final String MODEL = "claude-haiku-5-5";
  private static final String SENTENCE = "Tell me about mills. ";

  private Submission() {}

  /** A Messages API request with a prompt of about that size. */
  static String params(String model, int promptBytes) {
    return "{\"model\":\"%s\",\"max_tokens\":64,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
        .formatted(model, SENTENCE.repeat(Math.max(1, promptBytes / SENTENCE.length())));
  }

  /**
   * The bytes of a whole request that submits one job.
   *
   * @param key the API key, or empty where none is asked for
   */
  static byte[] request(String key, int promptBytes) {
    String body = "{\"params\":" + params(MODEL, promptBytes) + "}";
    String authorization = key.isEmpty() ? "" : "authorization: Bearer " + key + "\r\n";
    String head =
        "POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\n%scontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
            .formatted(authorization, body.length());
    return (head + body).getBytes(StandardCharsets.US_ASCII);
  }
}
