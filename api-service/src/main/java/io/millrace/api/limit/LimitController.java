package io.millrace.api.limit;

import io.millrace.api.access.Caller;
import io.millrace.api.fields.SmallBody;
import io.millrace.api.fields.Values;
import io.millrace.api.limit.FindPools.Pool;
import io.millrace.api.patience.Patience;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.db.limit.PoolPauses;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Shows the operator what the pools' limits leave, and holds pools back. */
@RestController
final class LimitController {

  private static final String NO_REASON = "by hand";
  private static final int LONGEST_REASON = 256;
  private static final int MOST_NAMED = 40;
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final FindPools pools;
  private final PoolPauses pauses;

  LimitController(FindPools pools, PoolPauses pauses) {
    this.pools = pools;
    this.pauses = pauses;
  }

  @GetMapping("/v1/limits")
  void limits(HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    Caller.requireOperator(request);
    answer(response, LimitJson.write(Patience.within(PATIENCE, pools::all)));
  }

  @GetMapping("/v1/limits/{pool}")
  void limit(@PathVariable String pool, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    Caller.requireOperator(request);
    answer(response, LimitJson.write(existing(pool)));
  }

  @PostMapping("/v1/limits/{pool}/pause")
  void pause(@PathVariable String pool, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    Caller.requireOperator(request);
    String reason = reason(request);
    pauses.pause(existing(pool).view().pool(), reason);
    answer(response, LimitJson.write(existing(pool)));
  }

  @PostMapping("/v1/limits/{pool}/resume")
  void resume(@PathVariable String pool, HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    Caller.requireOperator(request);
    SmallBody.read(request, Set.of(), (name, json) -> {});
    pauses.resume(existing(pool).view().pool());
    answer(response, LimitJson.write(existing(pool)));
  }

  private static String reason(HttpServletRequest request) throws IOException {
    List<String> given = new ArrayList<>();
    SmallBody.read(
        request,
        Set.of("reason"),
        (name, json) -> {
          var values = new Values(json);
          if (!values.isNull()) {
            given.add(values.name(name, LONGEST_REASON));
          }
        });
    return given.isEmpty() ? NO_REASON : given.getFirst();
  }

  private Pool existing(String name) throws InterruptedException {
    List<Pool> all = Patience.within(PATIENCE, pools::all);
    return FindPools.named(name, all).orElseThrow(() -> unknown(all));
  }

  /** The name that was asked for is not repeated: it may be anything. */
  private static Refused unknown(List<Pool> all) {
    String known =
        all.stream()
            .limit(MOST_NAMED)
            .map(pool -> pool.view().pool())
            .collect(Collectors.joining(", "));
    return new Refused(Problem.notFound("There is no such pool; there are: " + known));
  }

  private static void answer(HttpServletResponse response, byte[] body) throws IOException {
    response.setContentType("application/json");
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }
}
