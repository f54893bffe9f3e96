@NullMarked
package dev.caravan.knowledge.text;

import org.jspecify.annotations.NullMarked;
