package io.millrace.api.bulk;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.access.Caller;
import io.millrace.api.bulk.NewBatches.Frame;
import io.millrace.api.bulk.SpillStream.SpillFailed;
import io.millrace.api.bulk.StoreBatch.Accepted;
import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.api.submit.AnthropicHeaders;
import io.millrace.api.submit.IdempotencyHeader;
import io.millrace.api.submit.NewJobs;
import io.millrace.claude.trace.TraceParent;
import io.millrace.db.job.NewJob.IdempotencyKey;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Takes a batch in. */
@RestController
final class CreateBatchController {

  static final String PATH = "/v1/messages/batches";

  private static final Set<String> LINES =
      Set.of(
          "application/x-ndjson", "application/ndjson", "application/x-jsonl", "application/jsonl");

  /** It says that the path is one, and no call of an item is of that path. */
  private static final String BATCHES_BETA = "message-batches-2024-09-24";

  private final Uploads uploads;
  private final NewJobs newJobs;
  private final NewBatches newBatches;
  private final StoreBatch store;
  private final BatchAnswers answers;
  private final BulkMeters meters;
  private final Clock clock;

  CreateBatchController(
      Uploads uploads,
      NewJobs newJobs,
      NewBatches newBatches,
      StoreBatch store,
      BatchAnswers answers,
      BulkMeters meters,
      Clock clock) {
    this.uploads = uploads;
    this.newJobs = newJobs;
    this.newBatches = newBatches;
    this.store = store;
    this.answers = answers;
    this.meters = meters;
    this.clock = clock;
  }

  @PostMapping(PATH)
  void create(HttpServletRequest request, HttpServletResponse response)
      throws IOException, InterruptedException {
    int tenant = Caller.tenantId(request);
    boolean lines = isLines(request);
    var terms = BatchTerms.ofQuery(request);
    String key = IdempotencyHeader.of(request);
    var frame = frame(request);
    var reader = new ItemReader(newJobs, clock.instant(), frame.betas());
    try (var upload = uploads.begin(key != null)) {
      Items items = upload.read(request.getInputStream(), lines, reader, terms);
      var batch = newBatches.batch(tenant, terms, frame, upload.spool());
      Accepted accepted =
          store.store(
              batch,
              key == null ? null : new IdempotencyKey(PATH, key, upload.hash()),
              new Ahead<>(newBatches.jobs(batch, terms, frame, upload.spool().portions())));
      if (accepted.replayed()) {
        response.setHeader("idempotent-replayed", "true");
      } else {
        meters.accepted(batch);
      }
      warn(items, response);
      answers.write(accepted.batch(), request, response);
    } catch (SpillFailed noRoom) {
      throw noRoom.refused();
    }
  }

  private void warn(Items items, HttpServletResponse response) {
    items.models().stream()
        .flatMap(model -> newJobs.retirement(model).stream())
        .findFirst()
        .ifPresent(near -> response.setHeader("millrace-warning", near.warning()));
  }

  private static Frame frame(HttpServletRequest request) {
    List<String> betas =
        AnthropicHeaders.betas(request).stream()
            .filter(beta -> !beta.equals(BATCHES_BETA))
            .toList();
    return new Frame(
        AnthropicHeaders.version(request), betas, TraceParent.of(request.getHeader("traceparent")));
  }

  private static boolean isLines(HttpServletRequest request) {
    String encoding = request.getHeader("content-encoding");
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw new Refused(
          Problem.invalidRequest("content-encoding: Bodies are taken as they are, not compressed"));
    }
    @Nullable String type = request.getContentType();
    String[] parts =
        type == null ? new String[] {""} : type.toLowerCase(Locale.ROOT).split(";", -1);
    boolean lines = LINES.contains(parts[0].strip());
    boolean known = lines || parts[0].strip().equals("application/json");
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip().replace("\"", "");
      known &=
          !parameter.startsWith("charset=")
              || parameter.equals("charset=utf-8")
              || parameter.equals("charset=utf8");
    }
    if (!known) {
      throw refused("content-type", "Input should be application/json or application/x-ndjson");
    }
    return lines;
  }
}
