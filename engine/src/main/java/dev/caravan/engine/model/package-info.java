/**
 * Models, one small file for each architecture with the checkpoint's tensor names, and the session that one
 * conversation runs in. Entry for decoders: {@link dev.caravan.engine.model.Decoders}. Uses {@code layer}, {@code
 * format}, {@code kernel} and {@code tensor}; used by {@code generate} and the facade.
 */
@NullMarked
package dev.caravan.engine.model;

import org.jspecify.annotations.NullMarked;
