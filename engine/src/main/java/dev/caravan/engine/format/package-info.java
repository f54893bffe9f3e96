/** Checkpoint files, read and written with limits against hostile input. One package per container. */
@NullMarked
package dev.caravan.engine.format;

import org.jspecify.annotations.NullMarked;
