package io.millrace.cli.serve;

import io.millrace.cli.terminal.Arguments;
import io.millrace.cli.terminal.Arguments.Understood;
import io.millrace.cli.terminal.Exit;
import io.millrace.cli.terminal.Terminal;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;

/** {@code millrace up}: the whole stack in one process, until it is stopped. */
public final class UpCommand {

  private static final Understood UNDERSTOOD =
      Understood.of(Set.of("--port", "--data"), Set.of("--simulator")).withSettings();

  private static final String WEBHOOK_TARGETS = "millrace.webhooks.allow";

  private final Terminal terminal;
  private final String version;

  public UpCommand(Terminal terminal, String version) {
    this.terminal = terminal;
    this.version = version;
  }

  /** Returns only if it cannot start; the process otherwise ends by a signal. */
  public int run(List<String> words) throws InterruptedException {
    var arguments = Arguments.parse(words, UNDERSTOOD);
    arguments.refuseWords();
    int port = arguments.number("--port", 8080, 1, 65_535);
    Path data = Infrastructure.data(arguments);
    try {
      start(arguments, port, data);
    } catch (RuntimeException failure) {
      terminal.err().println("millrace: " + StartFailed.reason(failure));
      return Exit.FAILED;
    }
    new CountDownLatch(1).await();
    return Exit.SUCCEEDED;
  }

  private void start(Arguments arguments, int port, Path data) {
    if (!Ports.isFree(port)) {
      throw new StartFailed(
          "Port %d is in use by another program, perhaps another Millrace. Stop that one, or choose another port with --port."
              .formatted(port));
    }
    var progress = new Progress(terminal.out());
    progress.say("Millrace %s, data in %s".formatted(version, data));
    var closing = Closing.atExit(terminal);
    var infrastructure =
        Infrastructure.start(new Infrastructure.Plan(data, 0, 0, false), closing, progress);
    var upstream = Upstream.choose(terminal, arguments.has("--simulator"), closing);
    LogLevels.set(arguments.settings());
    var application = new SpringApplication(WholeStack.class);
    application.setRegisterShutdownHook(false);
    application.setBannerMode(Banner.Mode.OFF);
    Map<String, Object> properties = properties(infrastructure, upstream, port);
    properties.put("millrace.intake.data-directory", data.resolve("postgres").toString());
    application.addInitializers(context ->
        context
            .getEnvironment()
            .getPropertySources()
            .addFirst(new MapPropertySource("up", properties)));
    application.setDefaultProperties(
        Map.of(
            "spring.config.name",
            "millrace",
            "spring.main.log-startup-info",
            "false",
            WEBHOOK_TARGETS,
            "loopback"));
    ConfigurableApplicationContext context =
        application.run(arguments.settings().toArray(String[]::new));
    closing.add(context);
    progress.ready("Millrace", "http://127.0.0.1:" + port);
    progress.say("  %-12s %s".formatted("Claude", upstream.said()));
    progress.say("  %-12s %s".formatted("webhooks", webhooks(context)));
    progress.say("");
    progress.say(invitation(port, progress));
  }

  private static Map<String, Object> properties(
      Infrastructure infrastructure, Upstream upstream, int port) {
    Map<String, Object> properties = new HashMap<>();
    properties.put("spring.datasource.url", infrastructure.postgres().jdbcUrl());
    properties.put("spring.datasource.username", infrastructure.postgres().username());
    properties.put("spring.datasource.password", infrastructure.postgres().password());
    properties.put("spring.kafka.bootstrap-servers", infrastructure.kafka().bootstrapServers());
    properties.put("anthropic.base-url", upstream.url());
    properties.put("anthropic.api-key", upstream.apiKey());
    properties.put("server.port", port);
    properties.put("server.address", "127.0.0.1");
    properties.put("millrace.local", "true");
    return properties;
  }

  private static String webhooks(ConfigurableApplicationContext context) {
    String allowed = context.getEnvironment().getProperty(WEBHOOK_TARGETS, "");
    return allowed.equals("loopback")
        ? "to public https addresses and to this machine (loopback), there by http too"
        : "to public https addresses" + (allowed.isBlank() ? "" : " and to " + allowed);
  }

  private static String invitation(int port, Progress progress) {
    String environment = port == 8080 ? "" : "MILLRACE_URL=http://127.0.0.1:%d ".formatted(port);
    return """
    Ready after %1$s. In another terminal:

      %2$s./millrace submit "Why is the sky blue?"

    or over HTTP (the answer names the job; ?wait= holds for its end):

      curl http://127.0.0.1:%3$d/v1/jobs -H 'content-type: application/json' -d '{"params": {"model":
        "claude-haiku-5-5", "max_tokens": 300, "messages": [{"role": "user", "content": "Why is the sky blue?"}]}}'
      curl 'http://127.0.0.1:%3$d/v1/jobs/job_…?wait=60'

    Ctrl-C stops it; its jobs stay.
    """
        .formatted(progress.passed(), environment, port);
  }
}
