import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.Executors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Receives Millrace's webhooks. Java 17 or later, nothing else:
 *
 * <pre>WEBHOOK_SECRETS="whsec_…" java ReceiveWebhooks.java 8090 inbox</pre>
 */
public class ReceiveWebhooks {

  static final long TOLERANCE_SECONDS = 5 * 60;
  static final int MOST_BYTES = 1_000_000;

  /** Whether one of the signatures was made with one of our keys, of exactly these bytes, lately. */
  static boolean verify(
      String[] keys, String id, String timestamp, String signatures, byte[] body)
      throws GeneralSecurityException {
    if (id == null || timestamp == null || signatures == null || !timestamp.matches("\\d{1,12}")) {
      return false;
    }
    if (Math.abs(Instant.now().getEpochSecond() - Long.parseLong(timestamp)) > TOLERANCE_SECONDS) {
      return false;
    }
    byte[] head = (id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8);
    byte[] signed = Arrays.copyOf(head, head.length + body.length);
    System.arraycopy(body, 0, signed, head.length, body.length);
    for (String key : keys) {
      for (String signature : signatures.split(" ")) {
        if (matches(key, signature, signed)) {
          return true;
        }
      }
    }
    return false;
  }

  static boolean matches(String key, String signature, byte[] signed)
      throws GeneralSecurityException {
    byte[] bytes = Base64.getDecoder().decode(key.replaceFirst("^wh(sec|pk)_", ""));
    if (!key.startsWith("whpk_")) {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(bytes, "HmacSHA256"));
      String expected = "v1," + Base64.getEncoder().encodeToString(mac.doFinal(signed));
      // Not equals(): the time it takes would tell how much of a guess is right.
      return MessageDigest.isEqual(expected.getBytes(), signature.getBytes());
    }
    if (!signature.startsWith("v1a,")) {
      return false;
    }
    byte[] encoded = Arrays.copyOf(HexFormat.of().parseHex("302a300506032b6570032100"), 44);
    System.arraycopy(bytes, 0, encoded, 12, 32);
    Signature ed25519 = Signature.getInstance("Ed25519");
    ed25519.initVerify(
        KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded)));
    ed25519.update(signed);
    try {
      return ed25519.verify(Base64.getDecoder().decode(signature.substring(4)));
    } catch (GeneralSecurityException | IllegalArgumentException noSignature) {
      return false;
    }
  }

  /**
   * Keeps a message for whoever does the work, and says whether it is a new one. A file that can be
   * made only once stands in for a table with the id as its primary key.
   */
  static boolean keep(Path inbox, String id, byte[] body) throws IOException {
    Path written = Files.write(Files.createTempFile(inbox, "new-", ""), body);
    try {
      Files.createLink(inbox.resolve(id + ".json"), written);
      return true;
    } catch (FileAlreadyExistsException sentBefore) {
      return false;
    } finally {
      Files.delete(written);
    }
  }

  static void receive(HttpExchange exchange, String[] keys, Path inbox) throws IOException {
    try (exchange) {
      // The bytes as they came: parsed and written again they would be others.
      byte[] body = exchange.getRequestBody().readNBytes(MOST_BYTES + 1);
      var headers = exchange.getRequestHeaders();
      String id = headers.getFirst("webhook-id");
      int status;
      if (body.length > MOST_BYTES) {
        status = 413;
      } else if (verify(
          keys,
          id,
          headers.getFirst("webhook-timestamp"),
          headers.getFirst("webhook-signature"),
          body)) {
        System.out.println((keep(inbox, id, body) ? "new " : "again ") + id);
        status = 204;
      } else {
        status = 400;
      }
      exchange.sendResponseHeaders(status, -1);
    } catch (GeneralSecurityException | RuntimeException | IOException failure) {
      // Anything but 2xx is sent again later. Say why here, not to the sender.
      failure.printStackTrace();
      exchange.sendResponseHeaders(500, -1);
    }
  }

  public static void main(String[] args) throws IOException {
    String[] keys = System.getenv("WEBHOOK_SECRETS").trim().split("\\s+");
    Path inbox = Files.createDirectories(Path.of(args[1]));
    var address = new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0]));
    HttpServer server = HttpServer.create(address, 0);
    server.setExecutor(Executors.newFixedThreadPool(8));
    server.createContext("/webhooks", exchange -> receive(exchange, keys, inbox));
    server.start();
    System.out.println("listening " + server.getAddress().getPort());
  }
}
