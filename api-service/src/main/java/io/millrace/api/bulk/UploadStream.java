package io.millrace.api.bulk;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The body of a batch as it comes in: counted, hashed where it has a key, and given up where it
 * comes too slowly to be worth its place. The server's own bound ends only a connection on which
 * nothing moves at all.
 */
final class UploadStream extends FilterInputStream {

  private static final long GRACE = Duration.ofSeconds(60).toNanos();
  private static final double LEAST_BYTES_PER_NANO = 4096 / 1e9;

  private final long most;
  private final @Nullable MessageDigest digest;
  private long bytes;
  private long blocked;

  UploadStream(InputStream in, long most, @Nullable MessageDigest digest) {
    super(in);
    this.most = most;
    this.digest = digest;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    long start = System.nanoTime();
    int read = in.read(buffer, offset, length);
    blocked += System.nanoTime() - start;
    if (read > 0) {
      bytes += read;
      if (digest != null) {
        digest.update(buffer, offset, read);
      }
      if (bytes > most) {
        throw new Refused(
            Problem.tooLarge("body: Input should have at most %d bytes".formatted(most)));
      }
      if (blocked > GRACE && bytes < blocked * LEAST_BYTES_PER_NANO) {
        throw new Refused(Problem.of(408, "body: It came too slowly"));
      }
    }
    return read;
  }
}
