/**
 * The parts that decoders are put together from: linear layers, norms, rotary positions, attention with its KV cache,
 * the gated MLP. Immutable weights against one mutable {@link dev.caravan.engine.layer.Activations} per session. Uses
 * {@code kernel} and {@code tensor}; used by {@code model}.
 */
@NullMarked
package dev.caravan.engine.layer;

import org.jspecify.annotations.NullMarked;
