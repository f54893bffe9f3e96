package dev.caravan.engine.convert;

/**
 * How a model is converted.
 *
 * @param type what its matrices become
 * @param doubleQuantization for NF4 and FP4: whether the blocks' scales are quantised as well
 * @param replace whether a target that is there already is replaced
 * @param threads the threads that compute, the caller's included
 * @param maxShardBytes where safetensors are split into several files
 */
public record ConversionOptions(
        TargetType type, boolean doubleQuantization, boolean replace, int threads, long maxShardBytes) {

    /** transformers' own limit of a shard. */
    private static final long SHARD_BYTES = 5_000_000_000L;

    public ConversionOptions {
        if (threads < 1 || maxShardBytes < 1) {
            throw new IllegalArgumentException(
                    "threads and maxShardBytes must be 1 or more, got %d and %d".formatted(threads, maxShardBytes));
        }
        if (doubleQuantization && type != TargetType.NF4 && type != TargetType.FP4) {
            throw new IllegalArgumentException("only nf4 and fp4 have scales that can be quantised, not " + type);
        }
    }

    /** On all processors; nothing is replaced. */
    public static ConversionOptions of(TargetType type) {
        return new ConversionOptions(type, false, false, Runtime.getRuntime().availableProcessors(), SHARD_BYTES);
    }

    public ConversionOptions withDoubleQuantization() {
        return new ConversionOptions(type, true, replace, threads, maxShardBytes);
    }

    /** Replaces a target that is there already. */
    public ConversionOptions withReplace() {
        return new ConversionOptions(type, doubleQuantization, true, threads, maxShardBytes);
    }

    public ConversionOptions withMaxShardBytes(long other) {
        return new ConversionOptions(type, doubleQuantization, replace, threads, other);
    }
}
