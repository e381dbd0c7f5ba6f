package io.millrace.cli.bulk;

import io.millrace.cli.bulk.Plan.Part;
import io.millrace.cli.bulk.RunState.PartState;
import io.millrace.cli.client.Json;
import io.millrace.cli.terminal.Misused;
import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;

/** The notes of a run, beside its output: what is in them is all of the old or all of the new. */
final class StateFile {

  private static final int VERSION = 1;

  private final Path file;
  private final Path next;

  private StateFile(Path file) {
    this.file = file;
    this.next = beside(file, ".tmp");
  }

  /** Those of a run that writes to {@code output}. */
  static StateFile of(Path output) {
    return new StateFile(beside(output, ".millrace"));
  }

  /** A file of the same name with something added to it. */
  static Path beside(Path file, String suffix) {
    return file.resolveSibling(file.getFileName() + suffix);
  }

  boolean exists() {
    return Files.exists(file);
  }

  void delete() throws IOException {
    Files.deleteIfExists(file);
    Files.deleteIfExists(next);
  }

  void write(RunState state) throws IOException {
    // An interrupt would close a channel and lose the note; it is heard when this is done.
    boolean interrupted = Thread.interrupted();
    try {
      try (var out = new FileOutputStream(next.toFile())) {
        out.write(json(state));
        out.getFD().sync();
      }
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      syncDirectory();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void syncDirectory() {
    Path directory = file.toAbsolutePath().getParent();
    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException unsupported) {
      // Not everywhere can a directory be opened; then the rename is as safe as the system makes
      // it.
    }
  }

  private static byte[] json(RunState state) {
    var out = new ByteArrayOutputStream();
    try (JsonGenerator json = Json.FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      json.writeStartObject();
      json.writeNumberProperty("version", VERSION);
      json.writeStringProperty("input", state.input);
      json.writeStringProperty("input_sha256", state.inputSha256);
      json.writeObjectPropertyStart("options");
      state.sent.forEach(json::writeStringProperty);
      json.writeEndObject();
      json.writeStringProperty("max_cost", text(state.maxCost));
      json.writeNumberProperty("output_length", state.outputLength);
      json.writeBooleanProperty("stopped", state.stopped);
      json.writeBooleanProperty("finished", state.finished);
      json.writeArrayPropertyStart("batches");
      state.parts.forEach(part -> write(part, json));
      json.writeEndArray();
      json.writeEndObject();
    }
    return out.toByteArray();
  }

  private static void write(PartState part, JsonGenerator json) {
    json.writeStartObject();
    json.writeNumberProperty("items", part.part.items());
    json.writeNumberProperty("bytes", part.part.bytes());
    json.writeStringProperty("sha256", part.part.sha256());
    json.writeStringProperty("idempotency_key", part.key);
    json.writeStringProperty("sending_since", text(part.sendingSince));
    json.writeStringProperty("id", part.id);
    json.writeStringProperty("cursor", part.cursor);
    json.writeBooleanProperty("complete", part.complete);
    json.writeObjectPropertyStart("counts");
    json.writeNumberProperty("succeeded", part.seen.succeeded());
    json.writeNumberProperty("errored", part.seen.errored());
    json.writeNumberProperty("canceled", part.seen.canceled());
    json.writeNumberProperty("expired", part.seen.expired());
    json.writeEndObject();
    json.writeObjectPropertyStart("usage");
    json.writeNumberProperty("input_tokens", part.seen.inputTokens());
    json.writeNumberProperty("output_tokens", part.seen.outputTokens());
    json.writeEndObject();
    json.writeObjectPropertyStart("cost");
    json.writeStringProperty("amount", text(part.seen.cost()));
    json.writeStringProperty("suspected", text(part.seen.suspected()));
    json.writeEndObject();
    json.writeEndObject();
  }

  private static @Nullable String text(@Nullable Object value) {
    return switch (value) {
      case null -> null;
      case BigDecimal number -> number.toPlainString();
      case Object other -> other.toString();
    };
  }

  /** What was noted, or null where nothing was. */
  @Nullable RunState read() throws IOException {
    if (!exists()) {
      return null;
    }
    if (Json.readOrNull(Files.readAllBytes(file)) instanceof Map<?, ?> fields
        && fields.get("version") instanceof BigDecimal version
        && version.intValue() == VERSION) {
      try {
        return state(fields);
      } catch (ClassCastException | NullPointerException | DateTimeParseException damaged) {
        // Said below.
      }
    }
    throw new Misused(
        "%s is damaged, or of another version of Millrace. --new begins again.".formatted(file));
  }

  @SuppressWarnings("DataFlowIssue") // what is missing is caught above, as what is of another type
  private static RunState state(Map<?, ?> fields) {
    Map<String, String> sent = new TreeMap<>();
    ((Map<?, ?>) must(fields, "options"))
        .forEach((option, value) -> sent.put((String) option, (String) value));
    var state =
        new RunState((String) must(fields, "input"), (String) must(fields, "input_sha256"), sent);
    state.maxCost = fields.get("max_cost") instanceof String cost ? new BigDecimal(cost) : null;
    state.outputLength = ((BigDecimal) must(fields, "output_length")).longValue();
    state.stopped = (Boolean) must(fields, "stopped");
    state.finished = (Boolean) must(fields, "finished");
    for (Object each : (List<?>) must(fields, "batches")) {
      state.parts.add(part((Map<?, ?>) each));
    }
    return state;
  }

  private static PartState part(Map<?, ?> fields) {
    var state =
        new PartState(
            new Part(
                ((BigDecimal) must(fields, "items")).intValue(),
                ((BigDecimal) must(fields, "bytes")).longValue(),
                (String) must(fields, "sha256")),
            (String) must(fields, "idempotency_key"));
    state.sendingSince =
        fields.get("sending_since") instanceof String since ? Instant.parse(since) : null;
    state.id = (String) fields.get("id");
    state.cursor = (String) fields.get("cursor");
    state.complete = (Boolean) must(fields, "complete");
    state.seen =
        Tally.of(
            (Map<?, ?>) must(fields, "counts"),
            (Map<?, ?>) must(fields, "usage"),
            (Map<?, ?>) must(fields, "cost"));
    return state;
  }

  private static Object must(Map<?, ?> fields, String name) {
    Object value = fields.get(name);
    if (value == null) {
      throw new ClassCastException(name);
    }
    return value;
  }

  @Override
  public String toString() {
    return file.toString();
  }
}
