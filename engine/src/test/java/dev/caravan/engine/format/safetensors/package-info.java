/** The safetensors container against files that the reference wrote, and against wrong ones. */
@NullMarked
package dev.caravan.engine.format.safetensors;

import org.jspecify.annotations.NullMarked;
