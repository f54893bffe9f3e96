@NullMarked
package dev.caravan.knowledge;

import org.jspecify.annotations.NullMarked;
