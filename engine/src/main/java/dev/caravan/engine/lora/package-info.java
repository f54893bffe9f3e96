/**
 * Low-rank adapters (LoRA): what is trained, their files in PEFT's format and llama.cpp's, and merging them into a base.
 */
@NullMarked
package dev.caravan.engine.lora;

import org.jspecify.annotations.NullMarked;
