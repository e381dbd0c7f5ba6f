package io.millrace.worker.execute;

import io.millrace.claude.limit.PoolLimits;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What the account allows, by pool; {@code default} stands for pools that are not named.
 *
 * @param limits a limit that is not set is unlimited
 */
@ConfigurationProperties("millrace")
public record LimitSettings(@DefaultValue Map<String, PoolLimits> limits) {}
