package io.millrace.worker.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.delivery.DeliveryError;
import io.millrace.testkit.Answer;
import io.millrace.testkit.Receiver;
import io.millrace.webhook.address.Targets;
import io.millrace.webhook.sign.SignedMessage;
import io.millrace.worker.deliver.Reply.Answered;
import io.millrace.worker.deliver.Reply.Stopped;
import io.millrace.worker.deliver.Reply.Unanswered;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is connected to, and for how long. */
class WebhookClientTest {

  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
  private static final SignedMessage MESSAGE =
      new SignedMessage("msg_1", "1", "v1,x", "{}".getBytes(StandardCharsets.UTF_8));

  private final Receiver receiver = Receiver.start();
  private WebhookClient client;

  @AfterEach
  void close() {
    client.close();
    receiver.close();
  }

  @Test
  void aNameThatLeadsInsideIsNotConnectedTo() {
    client = client(List.of(), host -> new InetAddress[] {LOOPBACK});

    var reply = client.send(url("hooks.example"), MESSAGE);

    assertThat(reply).isEqualTo(new Unanswered(DeliveryError.FORBIDDEN_TARGET, null));
    assertThat(receiver.connections()).isZero();
  }

  @Test
  void aNameIsJudgedByTheAddressThatIsConnectedToEachTime() {
    var looks = new AtomicInteger();
    var elsewhere = InetAddress.ofLiteral("10.0.0.1");
    client =
        client(
            List.of("loopback"),
            host -> new InetAddress[] {looks.getAndIncrement() == 0 ? LOOPBACK : elsewhere});
    receiver.on("/", Answer.hangup());

    client.send(url("hooks.example"), MESSAGE);
    var second = client.send(url("hooks.example"), MESSAGE);

    assertThat(second).isEqualTo(new Unanswered(DeliveryError.FORBIDDEN_TARGET, null));
    assertThat(receiver.connections()).isEqualTo(1);
  }

  @Test
  void ofANamesAddressesOnlyThoseOutsideAreConnectedTo() {
    client =
        client(
            List.of("loopback"),
            host -> new InetAddress[] {InetAddress.ofLiteral("169.254.169.254"), LOOPBACK});

    assertThat(client.send(url("hooks.example"), MESSAGE)).isInstanceOf(Answered.class);
  }

  @Test
  void aNameThatIsNotThereIsSaidToBeSo() {
    client =
        client(
            List.of("loopback"),
            host -> {
              throw new UnknownHostException(host);
            });

    assertThat(client.send(url("hooks.example"), MESSAGE))
        .isEqualTo(new Unanswered(DeliveryError.UNKNOWN_HOST, null));
  }

  @Test
  void aNameWhoseServersAreSilentHoldsUpNobodyElse() throws Exception {
    var silent = new CountDownLatch(1);
    client =
        client(
            List.of("loopback"),
            host -> {
              if (host.startsWith("silent")) {
                await(silent);
              }
              return new InetAddress[] {LOOPBACK};
            });
    var stuck = CompletableFuture.supplyAsync(() -> client.send(url("silent.example"), MESSAGE));

    assertThat(client.send(url("hooks.example"), MESSAGE)).isInstanceOf(Answered.class);

    silent.countDown();
    assertThat(stuck.get(10, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void connectionsAreKeptForTheNext() {
    client = client(List.of("loopback"), host -> new InetAddress[] {LOOPBACK});

    for (int i = 0; i < 5; i++) {
      assertThat(client.send(url("hooks.example"), MESSAGE)).isInstanceOf(Answered.class);
    }

    assertThat(receiver.connections()).isEqualTo(1);
  }

  @Test
  void whatIsUnderWayCanBeStopped() throws Exception {
    client = client(List.of("loopback"), host -> new InetAddress[] {LOOPBACK});
    receiver.on("/", Answer.stall());
    var stalled = CompletableFuture.supplyAsync(() -> client.send(url("127.0.0.1"), MESSAGE));
    receiver.await("/", 1);

    client.stop();

    assertThat(stalled.get(5, TimeUnit.SECONDS)).isEqualTo(new Stopped());
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private String url(String host) {
    return "http://" + host + ":" + receiver.port() + "/";
  }

  private static WebhookClient client(List<String> allow, AllowedAddresses.Lookup lookup) {
    var targets = new Targets(allow, true);
    return new WebhookClient(
        targets, new AllowedAddresses(targets, lookup), Duration.ofSeconds(8), 10, "test");
  }
}
