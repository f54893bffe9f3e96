@NullMarked
package dev.caravan.knowledge.chain;

import org.jspecify.annotations.NullMarked;
