/**
 * Files to plain text with anchors (page, paragraph). Entry type: {@link dev.caravan.knowledge.parse.ParserProcess},
 * which reads untrusted files in a child JVM with limits of its own. Knows the parser libraries and nothing else of
 * Caravan.
 */
@NullMarked
package dev.caravan.knowledge.parse;

import org.jspecify.annotations.NullMarked;
