package io.millrace.api.submit;

import io.millrace.claude.call.CallTimeout;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What intake decides of a job's calls.
 *
 * @param timeout of one call whose job names none: less for small requests, up to an hour for long
 *     answers
 */
@ConfigurationProperties("millrace.call")
record CallSettings(@DefaultValue("10m") Duration timeout) {

  CallSettings {
    new CallTimeout(timeout);
  }

  CallTimeout callTimeout() {
    return new CallTimeout(timeout);
  }
}
