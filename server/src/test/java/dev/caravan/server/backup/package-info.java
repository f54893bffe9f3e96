@NullMarked
package dev.caravan.server.backup;

import org.jspecify.annotations.NullMarked;
