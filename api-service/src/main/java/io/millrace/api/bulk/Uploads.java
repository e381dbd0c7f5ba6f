package io.millrace.api.bulk;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import io.millrace.api.submit.IdempotencyHeader;
import io.millrace.api.submit.MemoryShare;
import io.millrace.api.submit.Room;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads the bodies of batches, a bounded number at once and none of them into memory as a whole: an
 * item is checked as it comes and kept in a {@link Spool}. No connection to the database is held
 * meanwhile.
 */
final class Uploads {

  private static final int RETRY_AFTER_SECONDS = 5;

  private final BulkSettings settings;
  private final Room room;
  private final Semaphore memory;
  private final Semaphore places;
  private final boolean encrypted;

  /**
   * Bodies that are read with these bounds.
   *
   * @param memory of all bodies, in kibibytes
   * @param encrypted whether what is kept outside of memory is to be
   */
  Uploads(BulkSettings settings, Room room, Semaphore memory, boolean encrypted) {
    this.settings = settings;
    this.room = room;
    this.memory = memory;
    this.places = new Semaphore(settings.uploads(), true);
    this.encrypted = encrypted;
  }

  /** How many are being read or stored. */
  int open() {
    return settings.uploads() - places.availablePermits();
  }

  /**
   * Begins with one, as soon as there is a place.
   *
   * @param hashed whether its hash will be asked for
   * @throws Refused with 503 where there is no place in time, or no room in the store
   */
  Upload begin(boolean hashed) throws InterruptedException {
    room.enter();
    if (!places.tryAcquire(settings.patience().toNanos(), TimeUnit.NANOSECONDS)) {
      throw new Refused(
          Problem.overloaded(
              Problem.Reason.QUEUE_FULL,
              "Too many batches are being taken in at once; nothing was stored",
              RETRY_AFTER_SECONDS));
    }
    return new Upload(hashed ? IdempotencyHeader.sha256() : null);
  }

  private Path directory() {
    return Objects.requireNonNullElseGet(
        settings.directory(), () -> Path.of(System.getProperty("java.io.tmpdir")));
  }

  /** A body between its first byte and the commit. Not for several threads. */
  final class Upload implements AutoCloseable {

    private final @Nullable MessageDigest digest;
    private final MemoryShare share = new MemoryShare(memory);
    private final Spool spool = new Spool(directory(), encrypted);

    private Upload(@Nullable MessageDigest digest) {
      this.digest = digest;
    }

    Spool spool() {
      return spool;
    }

    /** Reads the body to its end. */
    Items read(InputStream body, boolean lines, ItemReader reader, BatchTerms terms)
        throws IOException {
      var in = new UploadStream(body, settings.maxBytes().toBytes(), digest);
      var items = new Items(spool, settings.maxItems(), share);
      if (lines) {
        new LinesBody(reader, items).read(in, share);
      } else {
        new ObjectBody(reader, items, terms).read(in, share);
      }
      return items;
    }

    /** Of the bytes that were read, which are all that there are. */
    byte[] hash() {
      return Objects.requireNonNull(digest).digest();
    }

    @Override
    public void close() throws IOException {
      try {
        spool.close();
      } finally {
        share.close();
        places.release();
      }
    }
  }
}
