/** What the page asks first: the version, the models' states, the bounds. */
@NullMarked
package dev.caravan.server.system;

import org.jspecify.annotations.NullMarked;
