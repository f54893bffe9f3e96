package dev.caravan.engine.train.dataset;

/**
 * Shuffles in an order that depends on the seed alone: on no library's generator, which another version of Java may change.
 * SplitMix64 (Steele, Lea and Flood, 2014) with Fisher and Yates' shuffle.
 */
final class SeededOrder {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private long state;

    SeededOrder(long seed) {
        state = seed;
    }

    /** A generator of its own for a part of the work, such as an epoch. */
    static SeededOrder of(long seed, long part) {
        return new SeededOrder(mix(seed) ^ mix(part * GOLDEN_GAMMA + 1));
    }

    /** All bits of a number spread over all bits of another; one to one. */
    static long mix(long number) {
        long z = number;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** The numbers from 0 to {@code size - 1}, shuffled. */
    int[] shuffled(int size) {
        int[] order = new int[size];
        for (int i = 0; i < size; i++) {
            int other = below(i + 1);
            order[i] = order[other];
            order[other] = i;
        }
        return order;
    }

    private int below(int bound) {
        state += GOLDEN_GAMMA;
        return (int) Math.unsignedMultiplyHigh(mix(state), bound);
    }
}
