package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The README says what is there. */
class ReadmeTest {

  private static final Path ROOT = root();

  @Test
  void theTestsItNamesExist() throws IOException {
    List<String> tests = javaFiles("src/test");

    assertThat(found("`([A-Z]\\w+(?:Test|IT))\\b")).isNotEmpty().isSubsetOf(tests);
  }

  @Test
  void theMethodsItNamesExist() throws IOException {
    for (String named : found("`([A-Z]\\w+(?:Test|IT)\\.\\w+)`")) {
      String type = named.substring(0, named.indexOf('.'));
      String method = named.substring(named.indexOf('.') + 1);
      try (Stream<Path> files = Files.walk(ROOT)) {
        Path file = files.filter(path -> path.endsWith(type + ".java")).findFirst().orElseThrow();
        assertThat(Files.readString(file)).contains(" " + method + "(");
      }
    }
  }

  @Test
  void whatItLinksToExists() throws IOException {
    assertThat(found("\\]\\(([^)#:]+)\\)"))
        .isNotEmpty()
        .allMatch(path -> Files.exists(ROOT.resolve(path)));
  }

  @Test
  void theCommandsItShowsExist() throws IOException {
    assertThat(found("\\./millrace (\\w+)"))
        .isNotEmpty()
        .allMatch(command -> new Shell().run("help", command).exit() == 0);
  }

  @Test
  void itStaysShort() throws IOException {
    assertThat(Files.readAllLines(ROOT.resolve("README.md"))).hasSizeLessThan(250);
  }

  private static List<String> found(String pattern) throws IOException {
    return Pattern.compile(pattern)
        .matcher(Files.readString(ROOT.resolve("README.md")))
        .results()
        .map((MatchResult match) -> match.group(1))
        .distinct()
        .toList();
  }

  private static List<String> javaFiles(String below) throws IOException {
    try (Stream<Path> files = Files.walk(ROOT, 12)) {
      return files
          .filter(path -> path.toString().contains(below) && path.toString().endsWith(".java"))
          .map(path -> String.valueOf(path.getFileName()).replace(".java", ""))
          .toList();
    }
  }

  private static Path root() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.exists(directory.resolve("README.md"))) {
      directory = directory.getParent();
    }
    return directory;
  }
}
