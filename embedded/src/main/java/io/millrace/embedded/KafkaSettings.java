package io.millrace.embedded;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The configuration of a broker that is its own controller and the only one of its cluster. */
record KafkaSettings(Map<String, String> chosen) {

  static final int NODE = 1;
  static final String CONTROLLER = "CONTROLLER";

  Map<String, Object> properties(Path log, int port, int controllerPort) {
    String broker = "PLAINTEXT://%s:%d".formatted(LoopbackPort.HOST, port);
    String controller = "%s:%d".formatted(LoopbackPort.HOST, controllerPort);
    Map<String, Object> properties = new LinkedHashMap<>(SENSIBLE);
    properties.putAll(chosen);
    properties.put("process.roles", "broker,controller");
    properties.put("node.id", Integer.toString(NODE));
    properties.put("controller.quorum.voters", NODE + "@" + controller);
    properties.put("listeners", "%s,%s://%s".formatted(broker, CONTROLLER, controller));
    properties.putIfAbsent("advertised.listeners", broker);
    properties.put("controller.listener.names", CONTROLLER);
    properties.put(
        "listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,%s:PLAINTEXT".formatted(CONTROLLER));
    properties.put("log.dirs", log.toString());
    return properties;
  }

  private static final Map<String, String> SENSIBLE =
      Map.ofEntries(
          Map.entry("auto.create.topics.enable", "false"),
          // One broker, so one replica; few partitions, because each is opened at every start.
          Map.entry("offsets.topic.replication.factor", "1"),
          Map.entry("offsets.topic.num.partitions", "3"),
          Map.entry("offsets.topic.segment.bytes", "16777216"),
          Map.entry("transaction.state.log.replication.factor", "1"),
          Map.entry("transaction.state.log.min.isr", "1"),
          Map.entry("transaction.state.log.num.partitions", "1"),
          Map.entry("share.coordinator.state.topic.replication.factor", "1"),
          Map.entry("share.coordinator.state.topic.min.isr", "1"),
          Map.entry("share.coordinator.state.topic.num.partitions", "3"),
          Map.entry("share.coordinator.state.topic.segment.bytes", "16777216"),
          Map.entry("min.insync.replicas", "1"),
          Map.entry("group.initial.rebalance.delay.ms", "0"),
          // A member learns at its next heartbeat what it may take from: at the default of 5 s that
          // is how long the very first job, and each new worker, would wait.
          Map.entry("group.share.heartbeat.interval.ms", "500"),
          Map.entry("group.share.min.heartbeat.interval.ms", "500"),
          Map.entry("num.network.threads", "2"),
          Map.entry("num.io.threads", "4"),
          Map.entry("background.threads", "2"),
          Map.entry("group.coordinator.threads", "1"),
          // Of the heap that the services live in, too.
          Map.entry("log.cleaner.dedupe.buffer.size", "16777216"),
          Map.entry("metadata.max.idle.interval.ms", "0"),
          // After a kill, the controller refuses the broker's new life until the old one's session
          // is over: at the default of 9 s that is most of the time to a first answer.
          Map.entry("broker.session.timeout.ms", "3000"),
          Map.entry("broker.heartbeat.interval.ms", "500"));
}
