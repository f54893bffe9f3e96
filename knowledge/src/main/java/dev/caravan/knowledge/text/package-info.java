/**
 * Words and sentences of Korean and English text. Entry types: {@link dev.caravan.knowledge.text.TermAnalyzer} (what is
 * searched and compared), {@link dev.caravan.knowledge.text.Sentences}. Pure; used by every other package, uses none.
 */
@NullMarked
package dev.caravan.knowledge.text;

import org.jspecify.annotations.NullMarked;
