package io.millrace.embedded;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * As whom PostgreSQL's programs run: it refuses to be root. Root therefore runs them in a user
 * namespace of their own, where it appears as nobody while its files stay its files; where that is
 * not permitted they run as the user {@code nobody}, to whom the data directory is then given.
 */
sealed interface RunAs {

  Duration PROBE_BOUND = Duration.ofSeconds(10);

  /** The words to put before a command. */
  List<String> prefix();

  /** Makes a directory and all it holds accessible to whom the programs run as. */
  default void own(Path directory) {}

  /** Whether the programs run as somebody who cannot look into this user's home directory. */
  default boolean isStranger() {
    return false;
  }

  default List<String> command(Path program, String... arguments) {
    List<String> command = new ArrayList<>(prefix());
    command.add(program.toString());
    command.addAll(List.of(arguments));
    return command;
  }

  /** The current user. */
  record Self() implements RunAs {
    @Override
    public List<String> prefix() {
      return List.of();
    }
  }

  /** Root, seen as nobody in a user namespace. */
  record UserNamespace() implements RunAs {
    @Override
    public List<String> prefix() {
      return List.of("unshare", "-U", "--");
    }
  }

  /** Another user, through a program that switches to it. */
  record OtherUser(List<String> prefix) implements RunAs {

    static final String NAME = "nobody";

    @Override
    public boolean isStranger() {
      return true;
    }

    @Override
    public void own(Path directory) {
      var chown =
          Command.run(List.of("chown", "-R", NAME, directory.toString()), Map.of(), PROBE_BOUND);
      List<String> look = new ArrayList<>(prefix);
      look.addAll(List.of("ls", directory.toString()));
      if (!chown.well() || !Command.run(look, Map.of(), PROBE_BOUND).well()) {
        throw new ServerFailed(
            "PostgreSQL refuses to run as root and would run as the user %s here, who cannot reach %s. Choose a data directory outside of root's home, or start Millrace as an ordinary user."
                .formatted(NAME, directory));
      }
    }
  }

  static RunAs current() {
    if (!isRoot()) {
      return new Self();
    }
    RunAs namespace = new UserNamespace();
    if (works(namespace.prefix())) {
      return namespace;
    }
    return otherUser();
  }

  static RunAs otherUser() {
    List<List<String>> ways =
        List.of(
            List.of("setpriv", "--reuid=" + OtherUser.NAME, "--clear-groups", "--"),
            List.of("runuser", "-u", OtherUser.NAME, "--"));
    for (List<String> way : ways) {
      if (works(way)) {
        LoggerFactory.getLogger(RunAs.class)
            .debug("user namespaces are not permitted: running PostgreSQL by {}", way);
        return new OtherUser(way);
      }
    }
    throw new ServerFailed(
        "PostgreSQL refuses to run as root, and neither unshare, setpriv nor runuser can run it as somebody else here. Start Millrace as an ordinary user, or point it at a PostgreSQL of your own.");
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"))
        && !System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("windows");
  }

  private static boolean works(List<String> prefix) {
    List<String> command = new ArrayList<>(prefix);
    command.add("true");
    try {
      return Command.run(command, Map.of(), PROBE_BOUND).well();
    } catch (ServerFailed e) {
      Logger log = LoggerFactory.getLogger(RunAs.class);
      log.debug("{} cannot be run: {}", prefix, e.getMessage());
      return false;
    }
  }
}
