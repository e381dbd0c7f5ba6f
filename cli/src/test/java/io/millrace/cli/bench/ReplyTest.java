package io.millrace.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ReplyTest {

  private static final String BODY = "{\"id\":\"job_01m7wjc61rfcjrg8t8ysdxega7\",\"type\":\"job\"}";
  private static final byte[] REPLY = reply("Content-Length: " + BODY.length());

  @Test
  void aReplyEndsWhereItsHeadSays() throws IOException {
    assertThat(Reply.length(REPLY, 0, REPLY.length)).isEqualTo(REPLY.length);
    assertThat(Reply.status(REPLY, 0)).isEqualTo(202);
    assertThat(Reply.job(REPLY, 0, REPLY.length)).isEqualTo("job_01m7wjc61rfcjrg8t8ysdxega7");
  }

  @Test
  void theLengthIsNotKnownBeforeTheHeadIsThere() throws IOException {
    assertThat(Reply.length(REPLY, 0, 40)).isEqualTo(-1);
  }

  @Test
  void theLengthIsKnownBeforeTheBodyIsThere() throws IOException {
    assertThat(Reply.length(REPLY, 0, REPLY.length - 10)).isEqualTo(REPLY.length);
  }

  @Test
  void aReplyWithoutLengthIsRefused() {
    byte[] chunked = reply("Transfer-Encoding: chunked");
    assertThatThrownBy(() -> Reply.length(chunked, 0, chunked.length))
        .isInstanceOf(IOException.class);
  }

  @Test
  void whatIsLeftOfAnEarlierReplyIsNoJobOfThisOne() {
    int cut = REPLY.length - 20;
    assertThatThrownBy(() -> Reply.job(REPLY, 0, cut)).isInstanceOf(IOException.class);
  }

  private static byte[] reply(String header) {
    return ("HTTP/1.1 202 Accepted\r\nrequest-id: req_1\r\n" + header + "\r\n\r\n" + BODY)
        .getBytes(StandardCharsets.US_ASCII);
  }
}
