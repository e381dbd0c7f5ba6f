package io.millrace.cli.bench;

import io.millrace.simulator.Simulator;
import io.millrace.simulator.fault.Fault;
import io.millrace.simulator.fault.FaultRule;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Every fault that the simulator knows: what concerns a call strikes a share of the calls all
 * along, what concerns the account strikes one call now and then, each kind in its turn.
 */
final class SoakFaults {

  private static final double SHARE = 0.004;
  private static final double RARE_SHARE = 0.001;
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private static final Set<Fault> OF_THE_ACCOUNT =
      EnumSet.of(
          Fault.RAMP_LIMITED,
          Fault.SPEND_CAP,
          Fault.CONTRACT_SPEND_CAP,
          Fault.UNAUTHORIZED,
          Fault.PAYMENT_REQUIRED,
          Fault.LOW_CREDIT,
          Fault.USAGE_LIMIT,
          Fault.ORGANIZATION_ON_HOLD);

  // They hold a place until the call's timeout, or hold up the pool for a second.
  private static final Set<Fault> RARE =
      EnumSet.of(
          Fault.HANG,
          Fault.STREAM_STALL,
          Fault.RATE_LIMITED,
          Fault.RATE_LIMITED_INPUT,
          Fault.RATE_LIMITED_OUTPUT,
          Fault.FORBIDDEN,
          Fault.NOT_FOUND);

  private final Simulator claude;
  private final List<Fault> account = List.copyOf(OF_THE_ACCOUNT);
  private int next;

  SoakFaults(Simulator claude) {
    this.claude = claude;
  }

  /** From now on. */
  void begin() {
    Arrays.stream(Fault.values())
        .filter(fault -> !OF_THE_ACCOUNT.contains(fault))
        .forEach(fault ->
            claude.fail(
                FaultRule.always(fault)
                    .share(RARE.contains(fault) ? RARE_SHARE : SHARE)
                    .retryAfter(RETRY_AFTER)));
  }

  /** The next fault of the account meets the next call. */
  Fault strikeAccount() {
    Fault fault = account.get(next++ % account.size());
    claude.fail(FaultRule.next(1, fault).retryAfter(RETRY_AFTER));
    return fault;
  }

  void end() {
    claude.clearFaults();
  }
}
