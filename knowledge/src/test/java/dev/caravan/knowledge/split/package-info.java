@NullMarked
package dev.caravan.knowledge.split;

import org.jspecify.annotations.NullMarked;
