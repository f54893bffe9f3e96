/**
 * Training: {@code ./caravan train}. Plain Java beside the server, never part of a running one. Entry: {@link
 * dev.caravan.server.finetuning.TrainCommand}.
 */
@NullMarked
package dev.caravan.server.finetuning;

import org.jspecify.annotations.NullMarked;
