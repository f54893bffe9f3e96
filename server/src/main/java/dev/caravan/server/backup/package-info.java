/**
 * Everything that people made, in one file: {@code ./caravan backup} and {@code ./caravan restore}. Plain Java beside the
 * server, never part of a running one. Entry: {@link dev.caravan.server.backup.BackupCommand}.
 */
@NullMarked
package dev.caravan.server.backup;

import org.jspecify.annotations.NullMarked;
