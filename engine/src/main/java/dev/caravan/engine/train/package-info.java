/**
 * Training of adapters on a frozen base: the forward and backward pass, the optimiser, the loop with evaluation and
 * checkpoints. Entry: {@link dev.caravan.engine.train.Trainer}. Data come from
 * {@link dev.caravan.engine.train.dataset}. Uses the packages kernel, layer, model, lora and format.
 */
@NullMarked
package dev.caravan.engine.train;

import org.jspecify.annotations.NullMarked;
