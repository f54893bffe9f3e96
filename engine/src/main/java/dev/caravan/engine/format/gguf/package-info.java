/**
 * The GGUF container: metadata and tensors of one model in one memory-mapped file. Entry: {@link
 * dev.caravan.engine.format.gguf.GgufFile}. Uses {@code tensor} only.
 */
@NullMarked
package dev.caravan.engine.format.gguf;

import org.jspecify.annotations.NullMarked;
