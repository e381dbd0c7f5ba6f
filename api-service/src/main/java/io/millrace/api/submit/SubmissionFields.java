package io.millrace.api.submit;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.fields.Values;
import io.millrace.api.submit.Submission.Params;
import io.millrace.job.Keeping;
import io.millrace.job.Lane;
import io.millrace.webhook.address.Targets;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** The fields of a submission while they come in, in whatever order; defaults until then. */
public final class SubmissionFields {

  static final Set<String> NAMES =
      Set.of(
          "params",
          "custom_id",
          "lane",
          "user_id",
          "feature",
          "metadata",
          "run_at",
          "expires_at",
          "max_attempts",
          "fallback_models",
          "on_ambiguous",
          "timeout_seconds",
          "webhook",
          "anthropic_version",
          "anthropic_beta",
          "retention");

  /** As far ahead as a job may be planned, and as old as a {@code run_at} may be. */
  private static final Duration HORIZON = Duration.ofDays(366);

  private static final int MAX_CUSTOM_ID = 256;
  private static final int MAX_LABEL = 128;
  private static final int MAX_PAIRS = 16;
  private static final int MAX_PAIR_NAME = 64;
  private static final int MAX_PAIR_VALUE = 512;
  private static final int MAX_FALLBACKS = 3;

  private final Slices body;
  private final JsonParser json;
  private final Values values;
  private final Targets targets;
  private final Instant now;

  private @Nullable Params params;
  private @Nullable String customId;
  private Lane lane = Lane.STANDARD;
  private @Nullable String userId;
  private @Nullable String feature;
  private @Nullable String metadata;
  private @Nullable Instant runAt;
  private @Nullable Instant expiresAt;
  private int maxAttempts = 6;
  private List<String> fallbackModels = List.of();
  private boolean retryAmbiguous = true;
  private @Nullable Duration timeout;
  private @Nullable String webhookUrl;
  private @Nullable String anthropicVersion;
  private @Nullable List<String> anthropicBeta;
  private Keeping keeping = Keeping.STANDARD;

  /** {@code json} runs over {@code body}. */
  public SubmissionFields(Slices body, JsonParser json, Targets targets, Instant now) {
    this.body = body;
    this.json = json;
    this.values = new Values(json);
    this.targets = targets;
    this.now = now;
  }

  /** Takes the value that the parser stands on as that of {@code name}, one of {@link #NAMES}. */
  public void read(String name) {
    if (name.equals("params")) {
      params = new ParamsReader(body, json, values).read();
    } else if (!values.isNull()) {
      readOptional(name);
    }
  }

  private void readOptional(String name) {
    switch (name) {
      case "custom_id" -> customId = values.text(name, MAX_CUSTOM_ID);
      case "lane" -> lane = readLane();
      case "user_id" -> userId = values.text(name, MAX_LABEL);
      case "feature" -> feature = values.text(name, MAX_LABEL);
      case "metadata" -> metadata = readMetadata();
      case "run_at" -> runAt = readTime(name);
      case "expires_at" -> expiresAt = readTime(name);
      case "max_attempts" -> maxAttempts = values.integer(name, 1, 20);
      case "fallback_models" ->
          fallbackModels = values.texts(name, MAX_FALLBACKS, ParamsReader.MAX_MODEL);
      case "on_ambiguous" -> retryAmbiguous = readOnAmbiguous();
      case "timeout_seconds" -> timeout = Duration.ofSeconds(values.integer(name, 1, 3600));
      case "webhook" -> webhookUrl = readWebhook();
      case "anthropic_version" ->
          anthropicVersion = AnthropicHeaders.version(name, values.text(name, 64));
      case "anthropic_beta" -> {
        anthropicBeta = values.texts(name, AnthropicHeaders.MAX_BETAS, AnthropicHeaders.MAX_BETA);
        anthropicBeta.forEach(beta -> AnthropicHeaders.checkBeta(name, beta));
      }
      case "retention" -> keeping = readKeeping();
      default -> throw new IllegalArgumentException(name);
    }
  }

  /** What was read, and defaults for the rest. */
  public Submission finished() {
    if (params == null) {
      throw refused("params", "Field required");
    }
    if (expiresAt != null && !expiresAt.isAfter(now)) {
      throw refused("expires_at", "Input should be in the future");
    }
    if (expiresAt != null && runAt != null && !expiresAt.isAfter(runAt)) {
      throw refused("expires_at", "Input should be after run_at");
    }
    return new Submission(
        params,
        customId,
        lane,
        userId == null ? params.userId() : userId,
        feature,
        metadata,
        runAt,
        expiresAt,
        maxAttempts,
        fallbackModels,
        retryAmbiguous,
        timeout,
        webhookUrl,
        anthropicVersion,
        anthropicBeta,
        keeping);
  }

  private Keeping readKeeping() {
    return Keeping.parse(values.text("retention", 64))
        .orElseThrow(() -> refused("retention", "Input should be 'standard' or 'none'"));
  }

  private Lane readLane() {
    return Lane.parse(values.text("lane", 64))
        .orElseThrow(() -> refused("lane", "Input should be 'interactive', 'standard' or 'bulk'"));
  }

  private boolean readOnAmbiguous() {
    return switch (values.text("on_ambiguous", 64)) {
      case "retry" -> true;
      case "fail" -> false;
      default -> throw refused("on_ambiguous", "Input should be 'retry' or 'fail'");
    };
  }

  private Instant readTime(String name) {
    Instant time = values.time(name);
    if (time.isBefore(now.minus(HORIZON)) || time.isAfter(now.plus(HORIZON))) {
      throw refused(name, "Input should be within " + HORIZON.toDays() + " days from now");
    }
    return time;
  }

  private String readMetadata() {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw refused("metadata", "Input should be an object");
    }
    long start = json.currentTokenLocation().getByteOffset();
    Set<String> names = new HashSet<>();
    for (String name = json.nextName(); name != null; name = json.nextName()) {
      String field = "metadata." + UnknownField.shown(name);
      if (!names.add(name)) {
        throw refused(field, "Field appears more than once");
      }
      if (names.size() > MAX_PAIRS) {
        throw refused("metadata", "Object should have at most " + MAX_PAIRS + " pairs");
      }
      if (!Values.fits(name, MAX_PAIR_NAME)) {
        throw refused(
            field,
            "Name should have at most %d characters, none of them NUL or an unpaired surrogate"
                .formatted(MAX_PAIR_NAME));
      }
      json.nextToken();
      values.text(field, MAX_PAIR_VALUE);
    }
    return new String(
        body.cut(start, json.currentLocation().getByteOffset()), StandardCharsets.UTF_8);
  }

  private String readWebhook() {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw refused("webhook", "Input should be an object");
    }
    String url = null;
    for (String name = json.nextName(); name != null; name = json.nextName()) {
      if (!name.equals("url")) {
        throw refused("webhook." + UnknownField.shown(name), "Extra inputs are not permitted");
      }
      if (url != null) {
        throw refused("webhook.url", "Field appears more than once");
      }
      json.nextToken();
      url = values.url("webhook.url", targets);
    }
    if (url == null) {
      throw refused("webhook.url", "Field required");
    }
    return url;
  }
}
