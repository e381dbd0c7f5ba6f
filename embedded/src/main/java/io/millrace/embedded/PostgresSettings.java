package io.millrace.embedded;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The server's configuration: what Millrace's load wants, what makes a throwaway server fast, and
 * what the caller sets, the later over the earlier.
 */
record PostgresSettings(Map<String, String> values) {

  static PostgresSettings of(boolean durable, Map<String, String> chosen) {
    Map<String, String> values = new LinkedHashMap<>(SENSIBLE);
    if (!durable) {
      values.putAll(THROWAWAY);
    }
    values.putAll(chosen);
    return new PostgresSettings(values);
  }

  String text(int port) {
    // In one order always: the text tells whether a server was configured alike.
    Map<String, String> all = new TreeMap<>(values);
    all.put("listen_addresses", LoopbackPort.HOST);
    all.put("port", Integer.toString(port));
    // TCP only: a socket's path is bounded to 107 characters, which a data directory may exceed.
    all.put("unix_socket_directories", "");
    return all.entrySet().stream()
        .map(e -> "%s = '%s'%n".formatted(e.getKey(), e.getValue().replace("'", "''")))
        .collect(Collectors.joining());
  }

  private static final Map<String, String> SENSIBLE =
      Map.ofEntries(
          Map.entry("max_connections", "200"),
          Map.entry("shared_buffers", "256MB"),
          Map.entry("work_mem", "16MB"),
          Map.entry("maintenance_work_mem", "128MB"),
          Map.entry("max_wal_size", "4GB"),
          Map.entry("min_wal_size", "256MB"),
          Map.entry("wal_compression", "on"),
          Map.entry("wal_buffers", "16MB"),
          Map.entry("checkpoint_timeout", "15min"),
          Map.entry("random_page_cost", "1.1"),
          Map.entry("jit", "off"),
          // Queue tables turn their rows over quickly: look often, and do not hold back.
          Map.entry("autovacuum_naptime", "10s"),
          Map.entry("autovacuum_vacuum_cost_limit", "2000"),
          // A client that vanished without a word must not keep its locks for hours.
          Map.entry("tcp_keepalives_idle", "60"),
          Map.entry("tcp_keepalives_interval", "10"),
          Map.entry("tcp_keepalives_count", "3"),
          Map.entry("client_connection_check_interval", "10s"),
          Map.entry("timezone", "UTC"),
          Map.entry("log_timezone", "UTC"),
          Map.entry("log_min_messages", "warning"),
          // Rows and statements hold prompts and answers, which never reach a log.
          Map.entry("log_error_verbosity", "terse"),
          Map.entry("log_min_error_statement", "panic"));

  private static final Map<String, String> THROWAWAY =
      Map.ofEntries(
          Map.entry("fsync", "off"),
          Map.entry("synchronous_commit", "off"),
          Map.entry("full_page_writes", "off"),
          Map.entry("wal_level", "minimal"),
          Map.entry("max_wal_senders", "0"),
          Map.entry("shared_buffers", "128MB"),
          Map.entry("max_wal_size", "1GB"));
}
