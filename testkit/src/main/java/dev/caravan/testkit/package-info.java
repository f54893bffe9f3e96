/** Neutral helpers for every module's tests. */
@NullMarked
package dev.caravan.testkit;

import org.jspecify.annotations.NullMarked;
