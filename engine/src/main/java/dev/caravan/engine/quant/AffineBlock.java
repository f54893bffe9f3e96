package dev.caravan.engine.quant;

/**
 * What Q4_K and Q5_K store of 256 values: two half-precision factors, 6-bit scales and minima of 8 sub-blocks of 32, and
 * the codes. Each sub-block is fitted by itself ({@link AffineFit}); then, with the factors rounded as they are stored,
 * the neighbours of each 6-bit scale and minimum are tried together, because rounding one moves what is best for the
 * other.
 *
 * <p>Not thread-safe: the fields hold the last block.
 */
final class AffineBlock {
    private static final int SUB_BLOCKS = 8;
    private static final int SUB_BLOCK = 32;
    private static final int GREATEST_SCALE = 63;

    private final int greatestCode;
    private final AffineFit fit;
    private final float[] fitted = new float[SUB_BLOCKS];
    private final float[] fittedMinima = new float[SUB_BLOCKS];

    float d;
    float dmin;
    final int[] scales = new int[SUB_BLOCKS];
    final int[] minima = new int[SUB_BLOCKS];
    final int[] codes = new int[SUB_BLOCKS * SUB_BLOCK];

    AffineBlock(int greatestCode) {
        this.greatestCode = greatestCode;
        this.fit = new AffineFit(greatestCode);
    }

    void fit(float[] x, int from) {
        float greatest = 0;
        float greatestMinimum = 0;
        for (int j = 0; j < SUB_BLOCKS; j++) {
            fit.fit(x, from + SUB_BLOCK * j, SUB_BLOCK);
            fitted[j] = fit.scale;
            fittedMinima[j] = fit.minimum;
            greatest = Math.max(greatest, fit.scale);
            greatestMinimum = Math.max(greatestMinimum, fit.minimum);
        }
        d = Bytes.roundToF16(greatest / GREATEST_SCALE);
        dmin = Bytes.roundToF16(greatestMinimum / GREATEST_SCALE);
        for (int j = 0; j < SUB_BLOCKS; j++) {
            choose(x, from + SUB_BLOCK * j, j);
            code(x, from + SUB_BLOCK * j, j);
        }
    }

    private void choose(float[] x, int from, int j) {
        int nearest = nearest(fitted[j], d);
        int nearestMinimum = nearest(fittedMinima[j], dmin);
        float best = Float.POSITIVE_INFINITY;
        scales[j] = nearest;
        minima[j] = nearestMinimum;
        for (int s = Math.max(0, nearest - 1); s <= Math.min(GREATEST_SCALE, nearest + 1); s++) {
            for (int m = Math.max(0, nearestMinimum - 1); m <= Math.min(GREATEST_SCALE, nearestMinimum + 1); m++) {
                float error = error(x, from, d * s, dmin * m);
                if (error < best) {
                    best = error;
                    scales[j] = s;
                    minima[j] = m;
                }
            }
        }
    }

    private static int nearest(float value, float factor) {
        return factor == 0 ? 0 : Math.clamp((int) (value / factor + 0.5f), 0, GREATEST_SCALE);
    }

    private float error(float[] x, int from, float scale, float minimum) {
        float inverse = inverse(scale);
        float error = 0;
        for (int i = from; i < from + SUB_BLOCK; i++) {
            int code = Math.clamp((int) ((x[i] + minimum) * inverse + 0.5f), 0, greatestCode);
            float difference = scale * code - minimum - x[i];
            error += difference * difference;
        }
        return error;
    }

    private void code(float[] x, int from, int j) {
        float minimum = dmin * minima[j];
        float inverse = inverse(d * scales[j]);
        for (int k = 0; k < SUB_BLOCK; k++) {
            codes[SUB_BLOCK * j + k] = Math.clamp((int) ((x[from + k] + minimum) * inverse + 0.5f), 0, greatestCode);
        }
    }

    private static float inverse(float scale) {
        return scale == 0 ? 0 : 1 / scale;
    }
}
