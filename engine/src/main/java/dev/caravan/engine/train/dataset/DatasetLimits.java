package dev.caravan.engine.train.dataset;

/**
 * How much is read of a file that somebody else made.
 *
 * @param maxFileBytes a larger file is refused
 * @param maxRowBytes a longer row is left out
 * @param maxRows more rows are refused: the place and the length of each is kept in memory
 */
public record DatasetLimits(long maxFileBytes, int maxRowBytes, int maxRows) {

    /** 4 GiB, 4 MiB and two million rows. */
    public static final DatasetLimits DEFAULT = new DatasetLimits(4L << 30, 4 << 20, 2_000_000);

    public DatasetLimits {
        if (maxFileBytes < 1 || maxRowBytes < 1 || maxRows < 1) {
            throw new IllegalArgumentException(
                    "the limits of a dataset must be 1 or more, got %d bytes, %d bytes, %d rows"
                            .formatted(maxFileBytes, maxRowBytes, maxRows));
        }
    }
}
