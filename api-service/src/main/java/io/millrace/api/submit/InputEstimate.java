package io.millrace.api.submit;

/** A first guess at the input tokens of a request, before anything was learnt about its model. */
final class InputEstimate {

  private static final int BYTES_PER_TOKEN = 3;

  static int tokens(byte[] params) {
    return params.length / BYTES_PER_TOKEN + 1;
  }

  private InputEstimate() {}
}
