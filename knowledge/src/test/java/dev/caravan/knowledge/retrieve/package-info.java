@NullMarked
package dev.caravan.knowledge.retrieve;

import org.jspecify.annotations.NullMarked;
