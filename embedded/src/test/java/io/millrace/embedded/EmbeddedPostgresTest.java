package io.millrace.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedPostgresTest {

  @TempDir Path temporary;
  private Path directory;

  @BeforeEach
  void nameADirectoryThatIsAwkward() {
    directory = temporary.resolve("with a space").resolve("x".repeat(120));
  }

  @Test
  void aThrowawayServerAnswersAndLeavesNothing() throws SQLException {
    Path made;
    try (var server = EmbeddedPostgres.builder().throwaway().start()) {
      made = server.log().getParent();
      assertThat(ask(server, "select version()")).startsWith("PostgreSQL 18");
      assertThat(ask(server, "show fsync")).isEqualTo("off");
    }
    assertThat(made).doesNotExist();
  }

  @Test
  void withoutAWordOtherwiseTheServerIsDurable() throws SQLException {
    try (var server = EmbeddedPostgres.builder().dataDirectory(directory).start()) {
      assertThat(ask(server, "show fsync")).isEqualTo("on");
      assertThat(ask(server, "show synchronous_commit")).isEqualTo("on");
      assertThat(ask(server, "show full_page_writes")).isEqualTo("on");
      assertThat(ask(server, "show data_checksums")).isEqualTo("on");
      assertThat(ask(server, "show server_encoding")).isEqualTo("UTF8");
      assertThat(ask(server, "show listen_addresses")).isEqualTo("127.0.0.1");
      assertThat(ask(server, "select current_database()")).isEqualTo("millrace");
    }
  }

  @Test
  void whatWasCommittedIsThereAfterARestartAndAfterACrash() throws SQLException {
    try (var server =
        EmbeddedPostgres.builder().dataDirectory(directory).setting("work_mem", "9MB").start()) {
      execute(server, "create table kept (n int)");
      int port = server.port();
      execute(server, "insert into kept values (1)");
      server.restart();
      execute(server, "insert into kept values (2)");
      server.kill();
      assertThat(server.pid()).isEmpty();
      server.restart();
      assertThat(server.port()).isEqualTo(port);
      assertThat(ask(server, "select sum(n) from kept")).isEqualTo("3");
      assertThat(ask(server, "show work_mem")).isEqualTo("9MB");
    }
    try (var server = EmbeddedPostgres.builder().dataDirectory(directory).start()) {
      assertThat(ask(server, "select sum(n) from kept")).isEqualTo("3");
    }
  }

  @Test
  void aServerWhoseFirstProcessWasKilledStartsDespiteABusyBackend() throws Exception {
    try (var server = EmbeddedPostgres.builder().dataDirectory(directory).start();
        Connection busy = server.connect("millrace")) {
      var asleep =
          CompletableFuture.runAsync(() -> {
            try (var statement = busy.createStatement()) {
              statement.execute("select pg_sleep(600)");
            } catch (SQLException e) {
              // The backend ends when it notices.
            }
          });
      ProcessHandle.of(server.pid().orElseThrow()).ifPresent(ProcessHandle::destroyForcibly);
      server.restart();
      assertThat(ask(server, "select 1")).isEqualTo("1");
      asleep.join();
    }
  }

  @Test
  void theServerOfAKilledProcessIsAdoptedOnceThatProcessIsGone() throws Exception {
    long left;
    try (var holder = PostgresHolder.start(directory)) {
      left = holder.serverPid();
      assertThatThrownBy(() -> EmbeddedPostgres.builder().dataDirectory(directory).start())
          .isInstanceOf(ServerFailed.class)
          .hasMessageContaining("in use by another Millrace process");
    }
    try (var server = EmbeddedPostgres.builder().dataDirectory(directory).start()) {
      assertThat(server.pid()).contains(left);
      assertThat(ask(server, "select 1")).isEqualTo("1");
    }
    ProcessHandle.of(left)
        .ifPresent(process -> assertThat(process.onExit()).succeedsWithin(Duration.ofSeconds(10)));
  }

  @Test
  void aServerLeftWithOtherSettingsIsStoppedAndStartedAnew() throws Exception {
    long left;
    try (var holder = PostgresHolder.start(directory)) {
      left = holder.serverPid();
    }
    try (var server =
        EmbeddedPostgres.builder().dataDirectory(directory).setting("work_mem", "9MB").start()) {
      assertThat(server.pid()).isPresent().get().isNotEqualTo(left);
      assertThat(ask(server, "show work_mem")).isEqualTo("9MB");
    }
  }

  @Test
  void aBusyPortIsNamed() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(
              () -> EmbeddedPostgres.builder().throwaway().port(taken.getLocalPort()).start())
          .isInstanceOf(ServerFailed.class)
          .hasMessageContaining("Port " + taken.getLocalPort())
          .hasMessageContaining("in use");
    }
  }

  @Test
  void aRefusedSettingIsShownInPostgresOwnWordsAndLeavesNothing() {
    assertThatThrownBy(
            () -> EmbeddedPostgres.builder().throwaway().setting("max_connections", "abc").start())
        .isInstanceOf(ServerFailed.class)
        .hasMessageContaining("invalid value for parameter \"max_connections\"")
        .satisfies(failure ->
            assertThat(Path.of(failure.getMessage().replaceAll("(?s).* in (\\S+): .*", "$1")))
                .isAbsolute()
                .doesNotExist());
  }

  @Test
  void severalMayUnpackAtOnce() throws Exception {
    Path cache = temporary.resolve("cache");
    var first = CompletableFuture.supplyAsync(() -> start(cache));
    var second = CompletableFuture.supplyAsync(() -> start(cache));
    try (var one = first.get();
        var two = second.get()) {
      assertThat(ask(one, "select 1")).isEqualTo(ask(two, "select 1"));
    }
    assertThat(cache).isDirectoryNotContaining("glob:**/.unpacking-*");
  }

  @Test
  void aDatabaseIsCopiedFromATemplate() throws SQLException {
    try (var server = EmbeddedPostgres.builder().throwaway().start()) {
      execute(server, "create table kept (n int)");
      server.createDatabase("a \"copy\"", "millrace");
      try (var connection = server.connect("a \"copy\"");
          var statement = connection.createStatement()) {
        statement.execute("insert into kept values (1)");
        server.dropDatabase("a \"copy\"");
      }
    }
  }

  @Test
  @EnabledIf("isRoot")
  void rootRunsItAsNobodyWhereUserNamespacesAreForbidden() throws Exception {
    Path open =
        Files.createTempDirectory(
            "millrace-test-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    try (var server =
        EmbeddedPostgres.builder()
            .runAs(RunAs.otherUser())
            .cacheDirectory(open.resolve("cache"))
            .dataDirectory(open.resolve("data"))
            .start()) {
      server.kill();
      server.restart();
      assertThat(ask(server, "select 1")).isEqualTo("1");
      assertThat(Files.getOwner(server.log()).getName()).isEqualTo("nobody");
    } finally {
      DirectoryTree.delete(open);
    }
  }

  @Test
  @EnabledIf("isRoot")
  void aDirectoryThatNobodyCanReachIsNamed() {
    assertThatThrownBy(() ->
            EmbeddedPostgres.builder()
                .runAs(RunAs.otherUser())
                .cacheDirectory(temporary.resolve("cache"))
                .dataDirectory(directory)
                .start())
        .isInstanceOf(ServerFailed.class)
        .hasMessageContaining(directory.toString())
        .hasMessageContaining("as the user nobody");
  }

  static boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }

  private static EmbeddedPostgres start(Path cache) {
    return EmbeddedPostgres.builder().throwaway().cacheDirectory(cache).start();
  }

  private static String ask(EmbeddedPostgres server, String query) throws SQLException {
    try (var connection = server.connect("millrace");
        var statement = connection.createStatement();
        var result = statement.executeQuery(query)) {
      assertThat(result.next()).isTrue();
      return result.getString(1);
    }
  }

  private static void execute(EmbeddedPostgres server, String sql) throws SQLException {
    try (var connection = server.connect("millrace");
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
