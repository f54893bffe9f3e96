/** Tests of the whole server. */
@NullMarked
package dev.caravan.server;

import org.jspecify.annotations.NullMarked;
