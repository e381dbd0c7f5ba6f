package io.millrace.cli.bench;

import java.util.List;
import java.util.random.RandomGenerator;

/** What the jobs of a load are like: kinds, each with its share of them. */
record JobMix(List<Kind> kinds) {

  /** What some jobs have in common, and the cache may keep. */
  static final String PREFIX =
      "You know everything about mills and how they are built. ".repeat(50);

  private static final String SENTENCE = "Tell me about mills, and how water drives them. ";

  /**
   * One kind of job.
   *
   * @param share of all jobs
   * @param characters of the prompt, the median
   * @param sigma how much they vary, as of a lognormal distribution
   * @param cached whether {@link #PREFIX} stands before it
   */
  record Kind(double share, double characters, double sigma, boolean cached, int maxTokens) {

    private Job some(RandomGenerator random) {
      double wanted = characters * Math.exp(sigma * random.nextGaussian());
      return Job.of((int) wanted, cached, maxTokens);
    }
  }

  /** One job, for whatever model. */
  record Job(String prompt, boolean cached, int maxTokens) {

    static Job of(int characters, boolean cached, int maxTokens) {
      int length = Math.max(10, characters);
      String text = SENTENCE.repeat(length / SENTENCE.length() + 1).substring(0, length - 1) + ".";
      return new Job(text, cached, maxTokens);
    }

    /** As a Messages API request. */
    String params(String model) {
      String system =
          cached
              ? "\"system\":[{\"type\":\"text\",\"text\":\"%s\",\"cache_control\":{\"type\":\"ephemeral\"}}],"
                  .formatted(PREFIX)
              : "";
      return "{\"model\":\"%s\",\"max_tokens\":%d,%s\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
          .formatted(model, maxTokens, system, prompt);
    }
  }

  static JobMix of(Kind... kinds) {
    return new JobMix(List.of(kinds));
  }

  Job some(RandomGenerator random) {
    double left = random.nextDouble();
    for (Kind kind : kinds) {
      left -= kind.share;
      if (left < 0) {
        return kind.some(random);
      }
    }
    return kinds.getLast().some(random);
  }
}
