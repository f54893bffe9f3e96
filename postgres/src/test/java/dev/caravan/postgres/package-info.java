@NullMarked
package dev.caravan.postgres;

import org.jspecify.annotations.NullMarked;
