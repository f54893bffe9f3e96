package dev.caravan.postgres;

import java.util.LinkedHashMap;
import java.util.Map;

/** The server's settings that differ from PostgreSQL's own, and why. */
final class PostgresConfiguration {

    private PostgresConfiguration() {}

    static Map<String, String> values(PostgresSettings settings) {
        Map<String, String> values = new LinkedHashMap<>();
        // Reached by this machine only; no socket file that others could find.
        values.put("listen_addresses", Postmaster.HOST);
        values.put("unix_socket_directories", "");
        values.put("max_connections", Integer.toString(settings.maxConnections()));
        values.put("password_encryption", "scram-sha-256");
        // Memory: one user's documents on a machine that the model needs.
        values.put("shared_buffers", settings.sharedBuffersMegabytes() + "MB");
        values.put("huge_pages", "off");
        values.put("work_mem", "8MB");
        values.put("maintenance_work_mem", "128MB");
        values.put("max_wal_size", "256MB");
        values.put("min_wal_size", "64MB");
        // Fewer processes: reads in the backend itself, no replication, compiled queries never pay here.
        values.put("io_method", "sync");
        values.put("wal_level", "minimal");
        values.put("max_wal_senders", "0");
        values.put("max_logical_replication_workers", "0");
        values.put("max_worker_processes", "4");
        values.put("max_parallel_workers_per_gather", "1");
        values.put("autovacuum_max_workers", "2");
        values.put("jit", "off");
        // A commit that was acknowledged is on the disk.
        values.put("fsync", "on");
        values.put("synchronous_commit", "on");
        values.put("full_page_writes", "on");
        // A log of errors, without statements and values.
        values.put("logging_collector", "off");
        values.put("log_destination", "stderr");
        values.put("log_line_prefix", "%m [%p] ");
        values.put("log_min_messages", "warning");
        values.put("log_min_error_statement", "panic");
        values.put("log_error_verbosity", "terse");
        values.put("log_statement", "none");
        values.put("log_checkpoints", "off");
        values.put("lc_messages", "C");
        return values;
    }
}
