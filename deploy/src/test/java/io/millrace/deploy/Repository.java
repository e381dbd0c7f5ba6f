package io.millrace.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

/** The files that are checked. */
final class Repository {

  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  static final Path DEPLOY = ROOT.resolve("deploy");

  private Repository() {}

  static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Path> under(Path directory, String suffix) {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(file -> file.toString().endsWith(suffix))
          .filter(file -> !file.startsWith(DEPLOY.resolve("target")))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All documents of a file; a key that stands twice is an error. */
  static List<Object> documents(Path file) {
    var options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    // One file of Kubernetes may use an anchor often.
    options.setMaxAliasesForCollections(200);
    List<Object> documents = new ArrayList<>();
    new Yaml(options).loadAll(text(file)).forEach(documents::add);
    return documents;
  }

  static Map<String, Object> document(Path file) {
    return map(documents(file).getFirst());
  }

  @SuppressWarnings("unchecked") // YAML and JSON objects have text as keys
  static Map<String, Object> map(Object value) {
    return (Map<String, Object>) value;
  }

  @SuppressWarnings("unchecked") // the same
  static List<Object> list(Object value) {
    return (List<Object>) value;
  }

  /** The value at a path of keys, or null. */
  static Object at(Object value, String... keys) {
    Object here = value;
    for (String key : keys) {
      here = here instanceof Map<?, ?> object ? object.get(key) : null;
    }
    return here;
  }
}
