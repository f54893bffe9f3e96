@NullMarked
package dev.caravan.knowledge.parse;

import org.jspecify.annotations.NullMarked;
