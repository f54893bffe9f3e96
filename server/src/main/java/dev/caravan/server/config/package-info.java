/**
 * Where the server's settings and its home directory come from. Entries: {@link
 * dev.caravan.server.config.CaravanProperties} and {@link dev.caravan.server.config.CaravanHome}. Uses no other feature.
 */
@NullMarked
package dev.caravan.server.config;

import org.jspecify.annotations.NullMarked;
