package io.millrace.webhook.receive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.webhook.sign.SignedMessage;
import io.millrace.webhook.sign.Signing;
import io.millrace.webhook.sign.SigningKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The code in the guide for receivers does what the guide says, with what Millrace signs. */
@Timeout(60)
class ReceivingGuideTest {

  private static final SecureRandom RANDOM = new SecureRandom();
  // A text that parsing and writing again would change.
  private static final byte[] BODY =
      "{\"type\": \"job.succeeded\", \"data\":{\"n\":1.0,\"t\":\"s\\u00fc\u00df \\/\"}}\n\n"
          .getBytes(UTF_8);
  private static final Map<String, String> LANGUAGES =
      Map.of(
          "java", "ReceiveWebhooks.java",
          "python", "receive_webhooks.py",
          "typescript", "receive-webhooks.mts");

  private final SigningKey current = SigningKey.create(Signing.HMAC, RANDOM);
  private final SigningKey previous = SigningKey.create(Signing.HMAC, RANDOM);
  private final SigningKey next = SigningKey.create(Signing.HMAC, RANDOM);
  private final SigningKey asymmetric = SigningKey.create(Signing.ED25519, RANDOM);

  @TempDir private Path scratch;

  @ParameterizedTest
  @EnumSource
  void aReceiverTakesWhatIsGenuineAndNothingElse(Program program) throws Exception {
    try (var receiver = Running.start(program, scratch, secrets(program))) {
      acceptsWhatIsGenuine(receiver);
      if (program.knowsEd25519()) {
        receiver.accepts(signed("msg_ed", Instant.now(), asymmetric));
        receiver.refuses(
            signed("msg_other_ed", Instant.now(), SigningKey.create(Signing.ED25519, RANDOM)));
      }
      refusesWhatIsNot(receiver);
      assertThat(scratch.resolve("inbox").resolve("msg_good.json")).hasBinaryContent(BODY);
      assertThat(receiver.inbox()).hasSize(program.knowsEd25519() ? 6 : 5);
    }
  }

  private void acceptsWhatIsGenuine(Running receiver) throws Exception {
    Instant now = Instant.now();
    receiver.accepts(signed("msg_good", now, current));
    receiver.acceptsAgain(signed("msg_good", now.plusSeconds(1), current));
    receiver.accepts(signed("msg_previous", now, previous));
    receiver.accepts(signed("msg_rotating", now, next, current));
    receiver.accepts(signed("msg_unhurried", now.minusSeconds(280), current));
    SignedMessage genuine = signed("msg_more", now, current);
    receiver.accepts(with(genuine, "v9,AAAA v1a,?? v1 " + genuine.signature()));
  }

  private void refusesWhatIsNot(Running receiver) throws Exception {
    Instant now = Instant.now();
    receiver.refuses(signed("msg_rotated", now, next));
    receiver.refuses(signed("msg_stale", now.minusSeconds(310), current));
    receiver.refuses(signed("msg_early", now.plusSeconds(320), current));
    SignedMessage genuine = signed("msg_good", now, current);
    byte[] altered = BODY.clone();
    altered[altered.length - 1] = ' ';
    receiver.refuses(
        new SignedMessage(genuine.id(), genuine.timestamp(), genuine.signature(), altered));
    receiver.refuses(
        new SignedMessage("msg_other", genuine.timestamp(), genuine.signature(), BODY));
    String later = Long.toString(now.getEpochSecond() + 1);
    receiver.refuses(new SignedMessage(genuine.id(), later, genuine.signature(), BODY));
    receiver.refuses(new SignedMessage(genuine.id(), "soon", genuine.signature(), BODY));
    for (String signature : List.of("", "v1", "v1,", "v1,AAAA", "nothing of the kind")) {
      receiver.refuses(with(genuine, signature));
    }
    receiver.refuses(new SignedMessage("", "", "", BODY));
  }

  @Test
  void theShellVerifiesByHand() throws Exception {
    Program.found("openssl");
    Instant now = Instant.now();
    SignedMessage genuine = signed("msg_1", now, current);

    assertThat(verify(genuine)).isEmpty();
    assertThat(verify(signed("msg_1", now, next, previous))).isEmpty();
    assertThat(verify(signed("msg_1", now, next))).isEqualTo("no signature matches");
    assertThat(verify(new SignedMessage("msg_2", genuine.timestamp(), genuine.signature(), BODY)))
        .isEqualTo("no signature matches");
    assertThat(verify(signed("msg_1", now.minusSeconds(400), current)))
        .startsWith("the timestamp is 4")
        .endsWith(" seconds old");
    assertThat(verify(new SignedMessage("msg_1", "soon", genuine.signature(), BODY)))
        .isEqualTo("the timestamp is no number");
  }

  @Test
  void theShellSendsAsMillraceDoes() throws Exception {
    Program.found("openssl");
    Program.found("curl");
    try (var receiver = Running.start(Program.JAVA, scratch, secrets(Program.JAVA))) {
      String url = receiver.url().toString();

      assertThat(send(current, url)).isEqualTo("204");
      assertThat(send(next, url)).isEqualTo("400");
      assertThat(scratch.resolve("inbox").resolve("msg_sent.json")).hasBinaryContent(BODY);
    }
  }

  @Test
  void whatTheGuideShowsIsWhatWasRun() throws Exception {
    Path guide = Program.file("..").resolve("receiving-webhooks.md");
    var block = Pattern.compile("(?s)```(java|python|typescript)\n(.*?)```\n");
    List<String> shown = new ArrayList<>();
    block
        .matcher(Files.readString(guide))
        .results()
        .forEach(found -> {
          Path file = Program.file(LANGUAGES.get(found.group(1)));
          assertThat(file).content().contains(found.group(2));
          shown.add(found.group(1));
        });
    assertThat(shown).containsExactlyInAnyOrderElementsOf(LANGUAGES.keySet());
  }

  private String secrets(Program program) {
    String shared = current.receivers() + " " + previous.receivers();
    return program.knowsEd25519() ? shared + " " + asymmetric.receivers() : shared;
  }

  private static SignedMessage signed(String id, Instant at, SigningKey... keys) {
    return SignedMessage.of(List.of(keys), id, at, BODY);
  }

  private static SignedMessage with(SignedMessage message, String signature) {
    return new SignedMessage(message.id(), message.timestamp(), signature, message.body());
  }

  private String verify(SignedMessage message) throws IOException, InterruptedException {
    return run(
        Map.of("WEBHOOK_SECRETS", current.receivers() + " " + previous.receivers()),
        message.body(),
        Program.file("verify-webhook.sh").toString(),
        message.id(),
        message.timestamp(),
        message.signature());
  }

  private String send(SigningKey key, String url) throws IOException, InterruptedException {
    return run(
        Map.of("WEBHOOK_SECRET", key.receivers()),
        BODY,
        Program.file("send-webhook.sh").toString(),
        url,
        "msg_sent");
  }

  /** What it said on either stream; nothing where it ended with 0 in silence. */
  private String run(Map<String, String> environment, byte[] input, String... command)
      throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of(Program.found("sh")));
    line.addAll(List.of(command));
    Path body = Files.write(scratch.resolve("body"), input);
    var builder = new ProcessBuilder(line).redirectErrorStream(true).redirectInput(body.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
    assertThat(process.waitFor() == 0).as(said).isEqualTo(said.isEmpty() || said.matches("\\d+"));
    return said;
  }

  /** A receiver of the guide that runs in a process of its own. */
  private record Running(Process process, BufferedReader said, URI url, Path kept, HttpClient http)
      implements AutoCloseable {

    static Running start(Program program, Path scratch, String secrets) throws IOException {
      Path inbox = scratch.resolve("inbox");
      List<String> command = new ArrayList<>(program.command(scratch));
      command.addAll(List.of("0", inbox.toString()));
      var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
      builder.environment().put("WEBHOOK_SECRETS", secrets);
      Process process = builder.start();
      BufferedReader said = process.inputReader(UTF_8);
      String listening = String.valueOf(said.readLine());
      assertThat(listening).startsWith("listening ");
      var url = URI.create("http://127.0.0.1:" + listening.substring(10) + "/webhooks");
      return new Running(process, said, url, inbox, HttpClient.newHttpClient());
    }

    void accepts(SignedMessage message) throws IOException, InterruptedException {
      assertThat(post(message)).as(message.id()).isEqualTo(204);
      assertThat(said.readLine()).isEqualTo("new " + message.id());
    }

    void acceptsAgain(SignedMessage message) throws IOException, InterruptedException {
      assertThat(post(message)).as(message.id()).isEqualTo(204);
      assertThat(said.readLine()).isEqualTo("again " + message.id());
    }

    void refuses(SignedMessage message) throws IOException, InterruptedException {
      assertThat(post(message)).as(message.id() + " " + message.signature()).isEqualTo(400);
    }

    /** The files of the messages that it took. */
    List<Path> inbox() throws IOException {
      try (var files = Files.list(kept)) {
        return files.toList();
      }
    }

    private int post(SignedMessage message) throws IOException, InterruptedException {
      var request = HttpRequest.newBuilder(url).version(HttpClient.Version.HTTP_1_1);
      if (!message.id().isEmpty()) {
        request
            .header(SignedMessage.ID, message.id())
            .header(SignedMessage.TIMESTAMP, message.timestamp())
            .header(SignedMessage.SIGNATURE, message.signature());
      }
      return http.send(
              request.POST(BodyPublishers.ofByteArray(message.body())).build(),
              BodyHandlers.discarding())
          .statusCode();
    }

    @Override
    public void close() throws IOException {
      process.destroyForcibly();
      said.close();
      http.shutdownNow();
    }
  }
}
