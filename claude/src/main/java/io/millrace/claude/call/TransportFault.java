package io.millrace.claude.call;

import io.millrace.failure.FailureCode;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;

/** What an exception of the transport says about a call. */
final class TransportFault {
  private static final int LONGEST_DETAIL = 200;

  private TransportFault() {}

  /** The code of a fault that came before anything was sent. */
  static FailureCode unsent(Throwable fault) {
    for (Throwable cause = fault; cause != null; cause = cause.getCause()) {
      switch (cause) {
        case UnknownHostException _ -> {
          return FailureCode.UNKNOWN_HOST;
        }
        case ConnectException _, NoRouteToHostException _ -> {
          return FailureCode.CONNECT_FAILED;
        }
        case SocketTimeoutException _ -> {
          return FailureCode.CONNECT_TIMEOUT;
        }
        case SSLException _ -> {
          return FailureCode.TLS_FAILED;
        }
        default -> {}
      }
    }
    return FailureCode.NOT_SENT;
  }

  /**
   * Whether the other side vouches that it did not look at what was sent: an HTTP/2 stream that it
   * refused, or that came after the last one it took before going away (RFC 9113, 8.7). OkHttp says
   * both in these words only.
   */
  static boolean refusedUnread(Throwable fault) {
    for (Throwable cause = fault; cause != null; cause = cause.getCause()) {
      if ("stream was reset: REFUSED_STREAM".equals(cause.getMessage())) {
        return true;
      }
    }
    return false;
  }

  /** The code of a fault that came after sending began. */
  static FailureCode sent(Throwable fault, boolean replied) {
    if (replied) {
      return FailureCode.ANSWER_CUT;
    }
    for (Throwable cause = fault; cause != null; cause = cause.getCause()) {
      if (cause instanceof ProtocolException || cause instanceof IllegalArgumentException) {
        return FailureCode.MALFORMED_REPLY;
      }
    }
    return FailureCode.CONNECTION_LOST;
  }

  /**
   * Class and message of the innermost cause, which name hosts and ports. Complaints about the form
   * of a reply quote it, so of those only the class is told.
   */
  static String describe(Throwable fault) {
    Throwable root = fault;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String name = root.getClass().getSimpleName();
    if (root instanceof ProtocolException
        || root instanceof EOFException
        || !(root instanceof IOException)) {
      return name;
    }
    String message = name + ": " + root.getMessage();
    return message.length() <= LONGEST_DETAIL ? message : message.substring(0, LONGEST_DETAIL);
  }
}
