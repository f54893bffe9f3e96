/**
 * The block formats of quantised weights: one class per format with the layout of its bytes, and how values come out of
 * them. Entry: {@link dev.caravan.engine.quant.BlockFormat}. Uses {@code tensor} only.
 */
@NullMarked
package dev.caravan.engine.quant;

import org.jspecify.annotations.NullMarked;
