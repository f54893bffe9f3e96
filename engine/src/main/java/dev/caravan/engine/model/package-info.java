/**
 * One file per architecture: weights by the checkpoint's tensor names and the forward pass on {@link
 * dev.caravan.engine.kernel.Kernels}. Uses format, kernel and tensor.
 */
@NullMarked
package dev.caravan.engine.model;

import org.jspecify.annotations.NullMarked;
