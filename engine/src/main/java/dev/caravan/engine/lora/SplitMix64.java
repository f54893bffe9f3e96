package dev.caravan.engine.lora;

/**
 * Numbers that depend on the seed alone, on no library's generator, which another version of Java may change. SplitMix64
 * (Steele, Lea and Flood, 2014). For one thread.
 */
final class SplitMix64 {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;
    private static final int FLOAT_BITS = 24;

    private long state;

    SplitMix64(long seed) {
        state = seed;
    }

    private long next() {
        state += GOLDEN_GAMMA;
        long z = state;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** Uniform from {@code -bound} to below {@code bound}. */
    float uniform(float bound) {
        float unit = (next() >>> (Long.SIZE - FLOAT_BITS)) * 0x1p-24f;
        return (2 * unit - 1) * bound;
    }
}
