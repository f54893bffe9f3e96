/** The arithmetic behind the layers. Only here: the Vector API. Entry: {@link dev.caravan.engine.kernel.Kernels}. */
@NullMarked
package dev.caravan.engine.kernel;

import org.jspecify.annotations.NullMarked;
