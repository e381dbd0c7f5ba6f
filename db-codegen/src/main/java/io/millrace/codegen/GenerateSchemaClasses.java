package io.millrace.codegen;

import io.millrace.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.jooq.Constants;
import org.jooq.codegen.GenerationTool;
import org.jooq.meta.jaxb.Configuration;
import org.jooq.meta.jaxb.Database;
import org.jooq.meta.jaxb.ForcedType;
import org.jooq.meta.jaxb.Generate;
import org.jooq.meta.jaxb.Generator;
import org.jooq.meta.jaxb.Jdbc;
import org.jooq.meta.jaxb.Logging;
import org.jooq.meta.jaxb.SchemaMappingType;
import org.jooq.meta.jaxb.Target;

/**
 * Migrates an empty PostgreSQL and writes classes for what stands in it then. Does nothing while
 * the migrations, jOOQ and this class are those of the last run, so that a build starts no server
 * in vain.
 */
public final class GenerateSchemaClasses {

  private static final String SCHEMA = "public";
  private static final String HISTORY = "flyway_schema_history";
  private static final String DIGEST_FILE = "generated-from.sha256";

  private final Path migrations;
  private final Path target;
  private final String packageName;

  private GenerateSchemaClasses(Path migrations, Path target, String packageName) {
    this.migrations = migrations;
    this.target = target;
    this.packageName = packageName;
  }

  /**
   * Arguments: the directory of the migrations, the directory to generate into, the package of the
   * classes.
   */
  public static void main(String[] arguments) throws Exception {
    new GenerateSchemaClasses(Path.of(arguments[0]), Path.of(arguments[1]), arguments[2])
        .generateIfChanged();
  }

  private void generateIfChanged() throws Exception {
    Path digestFile = target.resolve(DIGEST_FILE);
    String digest = digest();
    if (Files.exists(digestFile) && Files.readString(digestFile).equals(digest)) {
      return;
    }
    Files.deleteIfExists(digestFile);
    // jOOQ's banner and its tip of the day would drown what the build has to say.
    System.setProperty("org.jooq.no-logo", "true");
    System.setProperty("org.jooq.no-tips", "true");
    try (var postgres = EmbeddedPostgres.builder().throwaway().start()) {
      migrate(postgres);
      GenerationTool.generate(configuration(postgres, leftOut(postgres)));
    }
    Files.writeString(digestFile, digest);
  }

  private String digest() throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(Constants.FULL_VERSION.getBytes(StandardCharsets.UTF_8));
      digest.update(packageName.getBytes(StandardCharsets.UTF_8));
      try (InputStream self =
          GenerateSchemaClasses.class.getResourceAsStream("GenerateSchemaClasses.class")) {
        if (self != null) {
          digest.update(self.readAllBytes());
        }
      }
      try (Stream<Path> files = Files.walk(migrations)) {
        for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
          digest.update(migrations.relativize(file).toString().getBytes(StandardCharsets.UTF_8));
          digest.update(Files.readAllBytes(file));
        }
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }

  private void migrate(EmbeddedPostgres postgres) {
    Flyway.configure(getClass().getClassLoader())
        .dataSource(postgres.jdbcUrl(), postgres.username(), postgres.password())
        .locations("filesystem:" + migrations.toAbsolutePath())
        .table(HISTORY)
        .load()
        .migrate();
  }

  // A partition is its table's storage: nobody names one in a statement.
  private static List<String> leftOut(EmbeddedPostgres postgres) throws SQLException {
    List<String> names = new ArrayList<>(List.of(HISTORY));
    try (Connection connection = postgres.connect("millrace");
        var statement = connection.createStatement();
        var partitions =
            statement.executeQuery(
                "select relname from pg_class where relispartition and relkind in ('r', 'p')")) {
      while (partitions.next()) {
        names.add(partitions.getString(1));
      }
    }
    return names;
  }

  private Configuration configuration(EmbeddedPostgres postgres, List<String> leftOut) {
    return new Configuration()
        .withLogging(Logging.WARN)
        .withJdbc(
            new Jdbc()
                .withDriver("org.postgresql.Driver")
                .withUrl(postgres.jdbcUrl())
                .withUser(postgres.username())
                .withPassword(postgres.password()))
        .withGenerator(
            new Generator()
                .withDatabase(
                    new Database()
                        .withName("org.jooq.meta.postgres.PostgresDatabase")
                        .withSchemata(new SchemaMappingType().withInputSchema(SCHEMA))
                        .withOutputSchemaToDefault(true)
                        .withIncludeSystemSequences(false)
                        .withExcludes(String.join("|", leftOut))
                        .withForcedTypes(
                            new ForcedType()
                                .withName("INSTANT")
                                .withIncludeTypes("timestamp.*with time zone|timestamptz")))
                .withGenerate(
                    new Generate()
                        .withRecords(true)
                        .withPojos(false)
                        .withDaos(false)
                        .withJavadoc(false)
                        .withGeneratedAnnotation(false))
                .withTarget(
                    new Target()
                        .withPackageName(packageName)
                        .withDirectory(target.toString())
                        .withClean(true)));
  }
}
