package io.millrace.cli.bulk;

import io.millrace.cli.terminal.Misused;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The file that the requests are in, which may be read as often as needed; standard input is copied
 * to one first.
 */
final class Input implements AutoCloseable {

  private static final int BUFFER = 1 << 16;
  private static final int GZIP = 0x1f8b;

  private final String name;
  private final Path file;
  private final boolean spooled;

  private Input(String name, Path file, boolean spooled) {
    this.name = name;
    this.file = file;
    this.spooled = spooled;
  }

  /**
   * Opens it.
   *
   * @param word a file's name, or - for {@code in}
   * @param spool where to keep what comes by {@code in} meanwhile
   */
  static Input of(String word, InputStream in, Path spool) throws IOException {
    if (word.equals("-")) {
      Files.copy(in, spool, StandardCopyOption.REPLACE_EXISTING);
      return new Input("Standard input", spool, true);
    }
    Path file = Path.of(word);
    if (!Files.exists(file)) {
      throw new Misused("There is no file " + word + ".");
    }
    if (!Files.isRegularFile(file)) {
      throw new Misused(word + " is no file.");
    }
    return new Input(word, file, false);
  }

  String name() {
    return name;
  }

  /** Whether its name says that it is a table. */
  boolean isNamedCsv() {
    return name.toLowerCase(Locale.ROOT).matches(".*\\.csv(\\.gz)?");
  }

  /** Of the bytes as they are on the disk. */
  String sha256() throws IOException {
    MessageDigest digest = Sha256.begin();
    byte[] block = new byte[BUFFER];
    try (var in = new DigestInputStream(Files.newInputStream(file), digest)) {
      while (in.read(block) >= 0) {
        // Reading is all.
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Its text in UTF-8: unpacked, and without a byte order mark. */
  InputStream open() throws IOException {
    var packed = new BufferedInputStream(Files.newInputStream(file), BUFFER);
    try {
      packed.mark(2);
      int magic = packed.read() << 8 | packed.read();
      packed.reset();
      InputStream plain =
          magic == GZIP ? new BufferedInputStream(new GZIPInputStream(packed, BUFFER)) : packed;
      plain.mark(3);
      boolean marked = plain.read() == 0xef && plain.read() == 0xbb && plain.read() == 0xbf;
      if (!marked) {
        plain.reset();
      }
      return new Named(plain, name);
    } catch (IOException unreadable) {
      packed.close();
      throw new IOException(name + " cannot be read: " + unreadable.getMessage(), unreadable);
    }
  }

  /** Says of which file it is that reading failed, as that of a broken archive does. */
  private static final class Named extends FilterInputStream {

    private final String name;

    Named(InputStream in, String name) {
      super(in);
      this.name = name;
    }

    @Override
    public int read(byte[] block, int offset, int length) throws IOException {
      try {
        return super.read(block, offset, length);
      } catch (IOException broken) {
        throw new IOException(name + " cannot be read: " + broken.getMessage(), broken);
      }
    }
  }

  /** The items in it. */
  Items items(ItemForm form, @Nullable Table table) throws IOException {
    InputStream in = open();
    try {
      return table == null
          ? new JsonLines(in, form)
          : new CsvRows(in, form, table.template(), table.idColumn());
    } catch (IOException | RuntimeException unusable) {
      in.close();
      throw unusable;
    }
  }

  /** How rows become items. */
  record Table(@Nullable String template, @Nullable String idColumn) {}

  @Override
  public void close() throws IOException {
    if (spooled) {
      Files.deleteIfExists(file);
    }
  }
}
