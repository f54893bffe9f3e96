package dev.caravan.engine.train.dataset;

import org.jspecify.annotations.Nullable;

/**
 * How a file of training data is read.
 *
 * @param format the format, or null to recognise it
 * @param heldOutFraction how much of the rows is held out, from 0 to below 1
 * @param seed decides which rows; the same seed and row give the same side in any file
 * @param shownProblems how many problems and long rows a report lists; all of them are counted
 */
public record DatasetOptions(
        @Nullable DatasetFormat format, double heldOutFraction, long seed, int shownProblems, DatasetLimits limits) {

    public static final int DEFAULT_SHOWN_PROBLEMS = 20;

    /** Any format, nothing held out. */
    public static final DatasetOptions DEFAULT =
            new DatasetOptions(null, 0, 0, DEFAULT_SHOWN_PROBLEMS, DatasetLimits.DEFAULT);

    public DatasetOptions {
        if (!(heldOutFraction >= 0 && heldOutFraction < 1)) {
            throw new IllegalArgumentException("heldOutFraction must be from 0 to below 1, got " + heldOutFraction);
        }
        if (shownProblems < 1 || shownProblems > 10_000) {
            throw new IllegalArgumentException("shownProblems must be from 1 to 10000, got " + shownProblems);
        }
    }

    public DatasetOptions withFormat(@Nullable DatasetFormat other) {
        return new DatasetOptions(other, heldOutFraction, seed, shownProblems, limits);
    }

    /** With a part that is not trained on. */
    public DatasetOptions withHeldOut(double fraction, long otherSeed) {
        return new DatasetOptions(format, fraction, otherSeed, shownProblems, limits);
    }

    public DatasetOptions withShownProblems(int other) {
        return new DatasetOptions(format, heldOutFraction, seed, other, limits);
    }

    public DatasetOptions withLimits(DatasetLimits other) {
        return new DatasetOptions(format, heldOutFraction, seed, shownProblems, other);
    }
}
