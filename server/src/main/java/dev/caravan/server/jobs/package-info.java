/** Long jobs that survive a restart: db-scheduler on the server's own database. A feature brings its tasks as beans. */
@NullMarked
package dev.caravan.server.jobs;

import org.jspecify.annotations.NullMarked;
