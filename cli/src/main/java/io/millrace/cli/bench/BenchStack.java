package io.millrace.cli.bench;

import io.millrace.db.sql.Database;
import io.millrace.simulator.Simulator;
import io.millrace.simulator.SimulatorSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A whole Millrace in processes of its own on fresh data, with an instant simulator in this process
 * as its Claude.
 */
final class BenchStack implements AutoCloseable {

  private static final String KEY = "sk-bench-0123456789abcdef0123456789abcdef";
  private static final String TENANT = "bench";
  private static final int REMEMBERED_CALLS = 300_000;

  private final List<Child> children = new ArrayList<>();
  private final Path directory;
  private final Simulator simulator;
  private final Map<String, String> addresses = new TreeMap<>();
  private final Map<String, String> environment = new LinkedHashMap<>();
  private String key = "";
  private int port;

  private BenchStack(Path directory) {
    this.directory = directory;
    this.simulator = Simulator.start(SimulatorSettings.defaults().withJournal(REMEMBERED_CALLS));
  }

  static BenchStack start(Workspace workspace, Topology topology)
      throws IOException, InterruptedException {
    String name = topology.parts() == Topology.Parts.UP ? "up" : "services";
    var stack = new BenchStack(workspace.next(name));
    try {
      switch (topology.parts()) {
        case UP -> stack.startUp(topology);
        case API -> stack.startServices(topology, 0);
        case API_AND_WORKER -> stack.startServices(topology, topology.workers());
      }
      return stack;
    } catch (IOException | InterruptedException | RuntimeException failure) {
      stack.close();
      throw failure;
    }
  }

  private void startUp(Topology topology) throws IOException, InterruptedException {
    port = Child.freePort();
    List<String> words = new ArrayList<>();
    words.addAll(List.of("up", "--data", directory.resolve("data").toString()));
    words.addAll(List.of("--port", Integer.toString(port), "--millrace.drain.grace=5s"));
    words.addAll(topology.settings());
    var upstream =
        Map.of(
            "ANTHROPIC_BASE_URL", simulator.baseUri().toString(), "ANTHROPIC_API_KEY", "sk-bench");
    Child up = start("up", port, Child.serverOptions(), words, upstream);
    up.awaitReady();
    Path postgres = directory.resolve("data").resolve("postgres");
    String at = find(up.said(), "PostgreSQL +(127\\.0\\.0\\.1:\\d+)");
    addresses.put("SPRING_DATASOURCE_URL", "jdbc:postgresql://" + at + "/millrace");
    addresses.put("SPRING_DATASOURCE_USERNAME", "millrace");
    addresses.put(
        "SPRING_DATASOURCE_PASSWORD", Files.readString(postgres.resolve("password")).strip());
    addresses.put(
        "SPRING_KAFKA_BOOTSTRAP_SERVERS", find(up.said(), "Kafka +(127\\.0\\.0\\.1:\\d+)"));
    addresses.put(
        "MILLRACE_POSTGRES_PID",
        Files.readAllLines(postgres.resolve("pgdata").resolve("postmaster.pid")).getFirst());
  }

  private void startServices(Topology topology, int workers)
      throws IOException, InterruptedException {
    key = KEY;
    Child infra =
        start(
            "infra",
            0,
            List.of("-Xmx256m"),
            List.of("infra", "--data", directory.resolve("data").toString()),
            Map.of("ANTHROPIC_BASE_URL", simulator.baseUri().toString()));
    infra.awaitSaid("READY=1");
    Matcher line = Pattern.compile("^([A-Z_]+)=(.*)$", Pattern.MULTILINE).matcher(infra.said());
    while (line.find()) {
      addresses.put(line.group(1), line.group(2));
    }
    environment.putAll(addresses);
    environment.put("ANTHROPIC_BASE_URL", simulator.baseUri().toString());
    environment.put("ANTHROPIC_API_KEY", "sk-bench");
    environment.put("MILLRACE_API_KEYS", TENANT + ":" + KEY);
    port = Child.freePort();
    List<String> options = new ArrayList<>(Child.serverOptions());
    options.addAll(topology.apiOptions());
    Child api = start("api", port, options, service("api", port, topology), environment);
    for (int i = 1; i <= workers; i++) {
      startWorker(workers == 1 ? "worker" : "worker-" + i, topology);
    }
    api.awaitReady();
  }

  /** Starts a worker beside those that run, and waits until it is ready. */
  void startWorker(String name, Topology topology) throws IOException, InterruptedException {
    launchWorker(name, topology).awaitReady();
  }

  /** Starts a worker, and leaves it to itself. */
  Child launchWorker(String name, Topology topology) throws IOException {
    int health = Child.freePort();
    List<String> options = new ArrayList<>(Child.serverOptions());
    options.addAll(topology.workerOptions());
    return start(name, health, options, service("worker", health, topology), environment);
  }

  /** Kills a process of the stack; nobody starts it again. */
  void kill(String name) throws InterruptedException {
    Child child = child(name);
    children.remove(child);
    child.kill();
  }

  private static List<String> service(String command, int port, Topology topology) {
    List<String> words = new ArrayList<>();
    words.add(command);
    words.add("--server.port=" + port);
    words.add("--server.address=127.0.0.1");
    if (command.equals("worker")) {
      words.add("--millrace.drain.grace=5s");
    }
    words.addAll(topology.settings());
    return words;
  }

  private Child start(
      String name,
      int servingPort,
      List<String> options,
      List<String> words,
      Map<String, String> environment)
      throws IOException {
    var child =
        Child.start(new Child.Command(name, directory, servingPort, options, words, environment));
    children.addFirst(child);
    return child;
  }

  private static String find(String text, String pattern) throws IOException {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    if (!matcher.find()) {
      throw new IOException("the stack did not say " + pattern);
    }
    return matcher.group(1);
  }

  int port() {
    return port;
  }

  Simulator simulator() {
    return simulator;
  }

  /** A request that submits one job to this stack. */
  byte[] request(int promptBytes) {
    return Submission.request(key, promptBytes);
  }

  /** The key of {@link #tenant}, empty where none is asked for. */
  String key() {
    return key;
  }

  /** The tenant that the load's jobs belong to. */
  String tenant() {
    return key.isEmpty() ? "default" : TENANT;
  }

  Database.Address database() {
    return new Database.Address(
        address("SPRING_DATASOURCE_URL"),
        address("SPRING_DATASOURCE_USERNAME"),
        address("SPRING_DATASOURCE_PASSWORD"));
  }

  String kafka() {
    return address("SPRING_KAFKA_BOOTSTRAP_SERVERS");
  }

  private String address(String name) {
    return addresses.getOrDefault(name, "");
  }

  long pid(String child) {
    return child(child).pid();
  }

  private Child child(String name) {
    return children.stream().filter(one -> one.name().equals(name)).findFirst().orElseThrow();
  }

  /** The names of the workers that run, in the order of their start. */
  List<String> workers() {
    return children.reversed().stream()
        .map(Child::name)
        .filter(name -> name.startsWith("worker"))
        .toList();
  }

  /** Whether all workers that should run do. */
  boolean areWorkersReady() throws InterruptedException {
    for (String worker : workers()) {
      if (!child(worker).isReady()) {
        return false;
      }
    }
    return true;
  }

  /** The metrics of every service, by the name of its process. */
  Map<String, Metrics> metrics() throws IOException, InterruptedException {
    Map<String, Metrics> all = new TreeMap<>();
    for (Child child : children) {
      if (child.port() != 0) {
        all.put(child.name(), Metrics.parse(child.metrics()));
      }
    }
    return all;
  }

  /** Jobs that reached a final state since the start, in one lane or, if it is empty, in all. */
  long finished(String lane) throws IOException, InterruptedException {
    Map<String, String> labels = lane.isEmpty() ? Map.of() : Map.of("lane", lane);
    double sum = 0;
    for (Metrics one : metrics().values()) {
      sum += one.sum("millrace_jobs_finished_total", labels);
    }
    return (long) sum;
  }

  /** Processor nanoseconds used so far, by process; PostgreSQL's are one. */
  Map<String, Long> processor() {
    Map<String, Long> used = new LinkedHashMap<>();
    for (Child child : children.reversed()) {
      if (!child.name().equals("infra")) {
        used.put(child.name(), Processor.ofProcess(child.pid()));
      }
    }
    if (addresses.containsKey("MILLRACE_KAFKA_PID")) {
      used.put("kafka", Processor.ofProcess(Long.parseLong(address("MILLRACE_KAFKA_PID"))));
    }
    used.put("postgres", Processor.ofTree(Long.parseLong(address("MILLRACE_POSTGRES_PID"))));
    return used;
  }

  /** Memory in bytes by process, shared pages by their share; PostgreSQL's are one. */
  Map<String, Long> memory() {
    Map<String, Long> used = new LinkedHashMap<>();
    for (Child child : children.reversed()) {
      if (!child.name().equals("infra")) {
        used.put(child.name(), Processor.memory(child.pid()));
      }
    }
    kafkaProcess().ifPresent(kafka -> used.put("kafka", Processor.memory(kafka.pid())));
    used.put(
        "postgres",
        postgresProcess().stream()
            .flatMap(first -> Stream.concat(Stream.of(first), first.descendants()))
            .mapToLong(process -> Processor.memory(process.pid()))
            .sum());
    return used;
  }

  /** Kills the broker; {@code infra} starts it again. */
  void killKafka() {
    kafkaProcess().ifPresent(ProcessHandle::destroyForcibly);
  }

  /** Kills PostgreSQL's first process; {@code infra} starts it again. */
  void killPostgres() {
    postgresProcess().ifPresent(ProcessHandle::destroyForcibly);
  }

  private Optional<ProcessHandle> kafkaProcess() {
    return Workspace.find(directory, "EmbeddedKafkaMain").stream().findFirst();
  }

  private Optional<ProcessHandle> postgresProcess() {
    Path pid =
        directory.resolve("data").resolve("postgres").resolve("pgdata").resolve("postmaster.pid");
    try {
      return ProcessHandle.of(Long.parseLong(Files.readAllLines(pid).getFirst().strip()));
    } catch (IOException | NumberFormatException restarting) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    children.forEach(Child::close);
    simulator.close();
    Workspace.stopAll(directory);
    Workspace.delete(directory);
  }
}
