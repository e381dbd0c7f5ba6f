package io.millrace.cli.bench;

/** Tells a person how the benchmark comes along. */
interface Say {

  void line(String line);
}
