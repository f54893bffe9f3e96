/**
 * The database: PostgreSQL started and stopped with the server, or an external one; its migrations; the SQL texts of the
 * repositories ({@link dev.caravan.server.database.SqlStatements}).
 */
@NullMarked
package dev.caravan.server.database;

import org.jspecify.annotations.NullMarked;
