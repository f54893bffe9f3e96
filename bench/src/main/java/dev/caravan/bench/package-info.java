/**
 * Benchmarks: the engine beside its peers on the same machine in the same run. Entry:
 * {@link dev.caravan.bench.BenchCommand}. Uses the engine only.
 */
@NullMarked
package dev.caravan.bench;

import org.jspecify.annotations.NullMarked;
