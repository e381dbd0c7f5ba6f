package io.millrace.claude.call;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.errors.AnthropicIoException;
import io.millrace.failure.FailureCode;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Map;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

class TransportFaultTest {

  @Test
  void faultsBeforeSendingHaveTheirCodes() {
    Map.of(
            new UnknownHostException("h"), FailureCode.UNKNOWN_HOST,
            new ConnectException("refused"), FailureCode.CONNECT_FAILED,
            new NoRouteToHostException("no"), FailureCode.CONNECT_FAILED,
            new SocketTimeoutException("connect timed out"), FailureCode.CONNECT_TIMEOUT,
            new SSLHandshakeException("bad"), FailureCode.TLS_FAILED,
            new IOException("gone"), FailureCode.NOT_SENT)
        .forEach((fault, code) ->
            assertThat(TransportFault.unsent(new AnthropicIoException("failed", fault)))
                .isEqualTo(code));
  }

  @Test
  void aRefusedStreamWasNotLookedAt() {
    var refused = new IOException("stream was reset: REFUSED_STREAM");
    var canceled = new IOException("stream was reset: CANCEL");

    assertThat(TransportFault.refusedUnread(new AnthropicIoException("failed", refused))).isTrue();
    assertThat(TransportFault.refusedUnread(new AnthropicIoException("failed", canceled)))
        .isFalse();
  }

  @Test
  void noContentOfAReplyIsTold() {
    var status = new ProtocolException("Unexpected status line: a secret");
    var header = new IllegalArgumentException("Unexpected char in header: a secret");
    var end = new EOFException("no line end in: a secret");

    assertThat(TransportFault.describe(new AnthropicIoException("failed", status)))
        .isEqualTo("ProtocolException");
    assertThat(TransportFault.describe(header)).isEqualTo("IllegalArgumentException");
    assertThat(TransportFault.describe(new IOException("x", end))).isEqualTo("EOFException");
  }
}
