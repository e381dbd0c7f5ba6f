package io.millrace.cli.bulk;

import io.millrace.cli.client.Server.Answer;

/** The server will not do what was asked of it, however often it is asked. */
final class Refused extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Answer answer;

  /**
   * Makes one.
   *
   * @param where what of, and a blank; empty if the answer says it
   */
  Refused(String where, Answer answer) {
    super(where);
    this.answer = answer;
  }

  Answer answer() {
    return answer;
  }
}
