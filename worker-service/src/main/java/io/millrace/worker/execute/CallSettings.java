package io.millrace.worker.execute;

import io.millrace.claude.call.UpstreamSettings;
import io.millrace.claude.call.UpstreamSettings.Streaming;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How calls are made. How long one may take is decided at intake.
 *
 * @param streamAbove requests with a larger max_tokens are made as streams and their answers put
 *     together again, so that a hang is told from work: 0 for all, a huge number for none
 * @param streamStart how long a stream may take to its first byte
 * @param streamIdle how long a stream may bring nothing, not even a ping
 * @param maxAnswer larger answers are given up
 */
@ConfigurationProperties("millrace.call")
public record CallSettings(
    @DefaultValue("8192") long streamAbove,
    @DefaultValue("5m") Duration streamStart,
    @DefaultValue("90s") Duration streamIdle,
    @DefaultValue("64MB") DataSize maxAnswer) {

  public CallSettings {
    if (streamAbove < 0
        || !streamStart.isPositive()
        || !streamIdle.isPositive()
        || maxAnswer.toBytes() < 1
        || maxAnswer.toMegabytes() > 1024) {
      throw new IllegalArgumentException(
          "millrace.call: stream-above is not below 0, stream-start and stream-idle are above 0,"
              + " max-answer is at most 1024MB");
    }
  }

  UpstreamSettings on(UpstreamSettings upstream) {
    return upstream
        .with(new Streaming(streamAbove, streamStart, streamIdle))
        .withMaxAnswerBytes(Math.toIntExact(maxAnswer.toBytes()));
  }
}
