package io.millrace.cli.client;

import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Misused;
import io.millrace.cli.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The body of a submission, made of what the user gave: a prompt, a request, or a whole job. */
final class Submission {

  static final Set<String> OPTIONS =
      Set.of("--model", "--max-tokens", "--system", "--lane", "--custom-id");

  private static final String MODEL = "claude-haiku-5-5";
  private static final int MAX_TOKENS = 1024;

  private final Arguments arguments;
  private final Terminal terminal;

  Submission(Arguments arguments, Terminal terminal) {
    this.arguments = arguments;
    this.terminal = terminal;
  }

  byte[] body() throws IOException {
    if (arguments.words().isEmpty()) {
      throw new Misused("What should Claude be asked? Give a prompt, a file, or - for stdin.");
    }
    if (arguments.words().size() > 1) {
      throw new Misused("More than one word: put the prompt in quotation marks.");
    }
    String word = arguments.words().getFirst();
    if (word.equals("-")) {
      return read(terminal.in().readAllBytes(), "Standard input");
    }
    Path file = file(word);
    if (file != null) {
      return read(Files.readAllBytes(file), word);
    }
    if (word.endsWith(".json")) {
      throw new Misused("There is no file " + word + ".");
    }
    return prompt(word);
  }

  private static @Nullable Path file(String word) {
    try {
      Path path = Path.of(word);
      return Files.isRegularFile(path) ? path : null;
    } catch (InvalidPathException justProse) {
      return null;
    }
  }

  private byte[] read(byte[] content, String source) {
    String text = new String(content, StandardCharsets.UTF_8);
    if (text.isBlank()) {
      throw new Misused(source + " is empty.");
    }
    boolean json = source.endsWith(".json") || (text.strip().startsWith("{") && isRequest(content));
    return json ? request(RawObject.parse(content, source)) : prompt(text);
  }

  /** Prose may begin with a brace, too; only what looks like a request is taken for one. */
  private static boolean isRequest(byte[] content) {
    try {
      RawObject object = RawObject.parse(content, "");
      return object.has("params") || object.has("messages");
    } catch (Misused prose) {
      return false;
    }
  }

  private byte[] prompt(String text) {
    if (text.isBlank()) {
      throw new Misused("The prompt is empty.");
    }
    var message = new RawObject().text("role", "user").text("content", text).bytes();
    var params =
        new RawObject()
            .text("model", MODEL)
            .number("max_tokens", MAX_TOKENS)
            .put("messages", inBrackets(message));
    return job(new RawObject(), params);
  }

  private static byte[] inBrackets(byte[] message) {
    var list = new ByteArrayOutputStream();
    list.write('[');
    list.writeBytes(message);
    list.write(']');
    return list.toByteArray();
  }

  private byte[] request(RawObject given) {
    byte[] params = given.raw("params");
    if (params == null) {
      return job(new RawObject(), given);
    }
    boolean changed =
        arguments.has("--model") || arguments.has("--max-tokens") || arguments.has("--system");
    return changed ? job(given, RawObject.parse(params, "params")) : job(given, null);
  }

  private byte[] job(RawObject job, @Nullable RawObject params) {
    if (params != null) {
      if (arguments.has("--model")) {
        params.text("model", arguments.value("--model", ""));
      }
      if (arguments.has("--max-tokens")) {
        params.number("max_tokens", arguments.number("--max-tokens", 0, 0, Integer.MAX_VALUE));
      }
      if (arguments.has("--system")) {
        params.text("system", arguments.value("--system", ""));
      }
      job.put("params", params.bytes());
    }
    if (arguments.has("--lane")) {
      job.text("lane", arguments.value("--lane", ""));
    }
    if (arguments.has("--custom-id")) {
      job.text("custom_id", arguments.value("--custom-id", ""));
    }
    return job.bytes();
  }
}
