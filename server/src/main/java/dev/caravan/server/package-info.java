/** The server. Entry: {@link dev.caravan.server.CaravanServer}; a package is a feature, its public types its face. */
@NullMarked
package dev.caravan.server;

import org.jspecify.annotations.NullMarked;
