package io.millrace.db.seal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The configured keys: which there are, and which one new values are sealed with.
 *
 * @param current its id; null where new values stay plain
 */
record Keys(Map<String, SecretKey> byId, @Nullable String current) {

  static final Keys NONE = new Keys(Map.of(), null);

  private static final String KEYS = "millrace.encryption.keys";
  private static final String FILE = "millrace.encryption.keys-file";
  private static final String CURRENT = "millrace.encryption.current";

  /** The word for {@code current} by which encryption is switched off while old keys stay. */
  private static final String NO_KEY = "none";

  private static final int KEY_BYTES = 32;

  // Shorter than a key in base64: what was put down the wrong way round is never taken for an id.
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,31}");

  static boolean isId(String id) {
    return ID.matcher(id).matches();
  }

  /** Reads the settings; {@code values} gives a property's values, none where it is not set. */
  static Keys configured(Function<String, List<String>> values) {
    Map<String, SecretKey> byId = new LinkedHashMap<>();
    List<String> listed = values.apply(KEYS);
    for (int i = 0; i < listed.size(); i++) {
      // A variable that is set to nothing, as compose files do.
      if (listed.get(i).isBlank()) {
        continue;
      }
      add(listed.get(i), KEYS + "[" + i + "]", byId);
    }
    for (String file : values.apply(FILE)) {
      if (!file.isBlank()) {
        addFile(file, byId);
      }
    }
    String wanted = String.join(",", values.apply(CURRENT)).strip();
    if (byId.isEmpty()) {
      if (!wanted.isEmpty() && !wanted.equals(NO_KEY)) {
        throw new UnusableKeys(CURRENT + " names a key, but " + KEYS + " has none");
      }
      return NONE;
    }
    return new Keys(byId, current(wanted, byId));
  }

  private static @Nullable String current(String wanted, Map<String, SecretKey> byId) {
    if (wanted.equals(NO_KEY)) {
      return null;
    }
    if (wanted.isEmpty()) {
      return byId.keySet().iterator().next();
    }
    if (!byId.containsKey(wanted)) {
      throw new UnusableKeys(
          "%s should be one of %s, or '%s' to encrypt nothing new"
              .formatted(CURRENT, byId.keySet(), NO_KEY));
    }
    return wanted;
  }

  private static void addFile(String file, Map<String, SecretKey> byId) {
    List<String> lines;
    try {
      lines = Files.readAllLines(Path.of(file));
    } catch (IOException | IllegalArgumentException unreadable) {
      throw new UnusableKeys("%s: %s cannot be read".formatted(FILE, file));
    }
    List<String> entries = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (!line.isEmpty() && !line.startsWith("#")) {
        entries.add(line);
        add(line, "%s: line %d of %s".formatted(FILE, i + 1, file), byId);
      }
    }
    if (entries.isEmpty()) {
      throw new UnusableKeys("%s: %s has no key in it".formatted(FILE, file));
    }
  }

  private static void add(String entry, String where, Map<String, SecretKey> byId) {
    int colon = entry.indexOf(':');
    String id = colon < 0 ? "" : entry.substring(0, colon).strip();
    if (!isId(id) || id.equals(NO_KEY)) {
      throw new UnusableKeys(
          where
              + " should read <id>:<32 bytes in base64>, the id of up to 32 letters, digits, '.', '_' and '-', and not 'none'");
    }
    byte[] key = decoded(entry.substring(colon + 1).strip());
    if (key.length != KEY_BYTES) {
      throw new UnusableKeys(
          "%s: the key '%s' should be %d bytes in base64, as of 'openssl rand -base64 %d'"
              .formatted(where, id, KEY_BYTES, KEY_BYTES));
    }
    if (byId.put(id, new SecretKeySpec(key, "HKDF")) != null) {
      throw new UnusableKeys("%s: there is more than one key '%s'".formatted(where, id));
    }
  }

  private static byte[] decoded(String base64) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException malformed) {
      return new byte[0];
    }
  }

  /** Never the keys themselves. */
  @Override
  public String toString() {
    return "keys " + byId.keySet() + ", current " + current;
  }
}
