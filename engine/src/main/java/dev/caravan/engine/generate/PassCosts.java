package dev.caravan.engine.generate;

import java.util.Arrays;

/**
 * How much longer a pass with guesses takes than one without, measured: it depends on the processor, the model and its
 * value types. For the scheduler's thread.
 */
final class PassCosts {

    /** What a guess is taken to cost until it was measured: little enough that it will be tried. */
    private static final double ASSUMED = 0.3;

    /** The weight of the latest pass in the average. */
    private static final double FOLLOWING = 0.125;

    /** After so many passes what was measured is tried anew; the first passes of a program are slow. */
    private static final int VALID_PASSES = 512;

    private final double[] nanos = new double[PromptLookup.MAX_DRAFT + 1];
    private int passes;

    /** A pass of one answer took so long; 0 is no measurement. */
    void measured(int guesses, long passNanos) {
        if (++passes % VALID_PASSES == 0) {
            Arrays.fill(nanos, 1, nanos.length, 0);
        }
        nanos[guesses] = nanos[guesses] == 0 ? passNanos : nanos[guesses] + FOLLOWING * (passNanos - nanos[guesses]);
    }

    /** The time of a pass with so many guesses, as a multiple of that of one without. */
    double relative(int guesses) {
        return nanos[0] == 0 || nanos[guesses] == 0 ? 1 + ASSUMED * guesses : nanos[guesses] / nanos[0];
    }
}
