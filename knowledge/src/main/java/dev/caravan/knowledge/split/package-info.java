/**
 * Document text to segments with source spans. Entry type: {@link dev.caravan.knowledge.split.SegmentSplitter}. Also
 * home of the sentence rules for Korean and English, which the chain uses to attribute answers. Pure; knows
 * {@code parse} only.
 */
@NullMarked
package dev.caravan.knowledge.split;

import org.jspecify.annotations.NullMarked;
