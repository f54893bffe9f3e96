package dev.caravan.engine.kernel;

/**
 * The order of values that {@link VectorRows#evensFirst} dtypes work in: of each 64 values first those of even index,
 * then those of odd index.
 */
final class EvenOdd {
    private static final int BLOCK = 64;
    private static final int HALF = BLOCK / 2;

    private EvenOdd() {}

    /** {@code y} = {@code size} values of {@code x} in that order, both from {@code offset} on; a multiple of 64. */
    static void part(float[] x, int offset, float[] y, int size) {
        for (int block = offset; block < offset + size; block += BLOCK) {
            for (int k = 0; k < HALF; k++) {
                y[block + k] = x[block + 2 * k];
                y[block + HALF + k] = x[block + 2 * k + 1];
            }
        }
    }

    /** Puts {@code size} values that stand in that order back into their own. */
    static void join(float[] y, int yOffset, int size) {
        float[] parted = new float[BLOCK];
        for (int block = yOffset; block < yOffset + size; block += BLOCK) {
            System.arraycopy(y, block, parted, 0, BLOCK);
            for (int k = 0; k < HALF; k++) {
                y[block + 2 * k] = parted[k];
                y[block + 2 * k + 1] = parted[HALF + k];
            }
        }
    }
}
