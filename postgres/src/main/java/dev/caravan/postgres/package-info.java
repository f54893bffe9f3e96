/**
 * PostgreSQL 18 with pgvector, obtained, started, watched and stopped by the JVM that uses it. Entry:
 * {@link dev.caravan.postgres.EmbeddedPostgres#start}. {@link dev.caravan.postgres.DatabaseDump} copies a database out
 * and in with the same distribution's tools, also one that runs elsewhere. Plain JDK and slf4j; no JDBC driver.
 */
@NullMarked
package dev.caravan.postgres;

import org.jspecify.annotations.NullMarked;
