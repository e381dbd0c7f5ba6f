package io.millrace.api.bulk;

import io.millrace.api.problem.Problem;
import io.millrace.api.problem.Refused;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.Cipher;
import javax.crypto.CipherInputStream;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that are written and then read once: a little in memory, more in a file that has no name
 * any more as soon as it is open, so that nothing is left of it however this process ends. What is
 * in the file can be encrypted with a key that nobody but this object has.
 */
final class SpillStream extends OutputStream {

  private static final int IN_MEMORY = 512 << 10;
  private static final int RETRY_AFTER_SECONDS = 10;

  private final Path directory;
  private final @Nullable SecretKeySpec key;
  private byte[] buffer = new byte[8 << 10];
  private int length;
  private @Nullable FileChannel file;
  private @Nullable Cipher cipher;

  SpillStream(Path directory, boolean encrypted) {
    this.directory = directory;
    this.key = encrypted ? newKey() : null;
  }

  @Override
  public void write(int one) throws IOException {
    write(new byte[] {(byte) one}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int count) throws IOException {
    if (length + count > IN_MEMORY) {
      spill();
      if (count > IN_MEMORY) {
        put(bytes, offset, count);
        return;
      }
    }
    if (length + count > buffer.length) {
      buffer =
          java.util.Arrays.copyOf(
              buffer, Math.min(IN_MEMORY, Math.max(buffer.length * 2, length + count)));
    }
    System.arraycopy(bytes, offset, buffer, length, count);
    length += count;
  }

  /** Everything that was written, from its start; nothing is written any more. */
  InputStream content() throws IOException {
    if (file == null) {
      return new ByteArrayInputStream(buffer, 0, length);
    }
    spill();
    buffer = new byte[0];
    file.position(0);
    InputStream stored = Channels.newInputStream(file);
    return new BufferedInputStream(
        key == null ? stored : new CipherInputStream(stored, cipher(Cipher.DECRYPT_MODE, key)),
        128 << 10);
  }

  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
    }
  }

  private void spill() throws IOException {
    put(buffer, 0, length);
    length = 0;
  }

  private void put(byte[] bytes, int offset, int count) throws IOException {
    try {
      FileChannel into = file;
      if (into == null) {
        into = open();
        file = into;
      }
      ByteBuffer out = ByteBuffer.wrap(bytes, offset, count);
      if (key != null) {
        var sealing = cipher;
        if (sealing == null) {
          sealing = cipher(Cipher.ENCRYPT_MODE, key);
          cipher = sealing;
        }
        out = ByteBuffer.wrap(sealing.update(bytes, offset, count));
      }
      while (out.hasRemaining()) {
        into.write(out);
      }
    } catch (IOException full) {
      throw new SpillFailed(full);
    }
  }

  private FileChannel open() throws IOException {
    Path path = Files.createTempFile(directory, "millrace-batch", ".tmp");
    // The system takes the name away at once, and the bytes with the last who has it open.
    return FileChannel.open(
        path,
        StandardOpenOption.READ,
        StandardOpenOption.WRITE,
        StandardOpenOption.DELETE_ON_CLOSE);
  }

  private static SecretKeySpec newKey() {
    byte[] bytes = new byte[32];
    new SecureRandom().nextBytes(bytes);
    return new SecretKeySpec(bytes, "AES");
  }

  private static Cipher cipher(int mode, SecretKeySpec key) {
    try {
      var cipher = Cipher.getInstance("AES/CTR/NoPadding");
      // The key is of this one stream, which is read once: any start of the counter will do.
      cipher.init(mode, key, new IvParameterSpec(new byte[16]));
      return cipher;
    } catch (GeneralSecurityException everyJdkHasIt) {
      throw new IllegalStateException(everyJdkHasIt);
    }
  }

  /** The file could not be written, as where its disk is full. */
  static final class SpillFailed extends IOException {
    private static final long serialVersionUID = 1L;

    SpillFailed(IOException cause) {
      super("the body of a batch could not be kept in a temporary file", cause);
    }

    Refused refused() {
      return new Refused(
          Problem.overloaded(
              Problem.Reason.DISK,
              "There is no room for the body of a batch at the moment; nothing was stored",
              RETRY_AFTER_SECONDS));
    }
  }
}
