/**
 * Document text to segments with source spans. Entry type: {@link dev.caravan.knowledge.split.SegmentSplitter}. Pure;
 * knows {@code parse} and {@code text} only.
 */
@NullMarked
package dev.caravan.knowledge.split;

import org.jspecify.annotations.NullMarked;
