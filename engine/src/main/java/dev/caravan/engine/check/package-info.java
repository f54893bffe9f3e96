/**
 * Evidence about a model's files, for a person: what is in them, whether all of it is understood, and what comes out.
 * Entry: {@link dev.caravan.engine.check.ModelCheck}. Uses every other package of the engine; nothing of it uses this one.
 */
@NullMarked
package dev.caravan.engine.check;

import org.jspecify.annotations.NullMarked;
