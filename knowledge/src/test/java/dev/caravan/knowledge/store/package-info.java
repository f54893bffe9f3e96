@NullMarked
package dev.caravan.knowledge.store;

import org.jspecify.annotations.NullMarked;
