/** Weights in memory: value types and views on mapped segments. Uses nothing of the engine. */
@NullMarked
package dev.caravan.engine.tensor;

import org.jspecify.annotations.NullMarked;
