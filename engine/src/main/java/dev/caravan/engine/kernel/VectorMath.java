package dev.caravan.engine.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Norms, softmax and activations on vectors; the last values that fill no vector are done one by one, alike. */
final class VectorMath {

    private static final float LOG2_E = (float) (1 / Math.log(2));
    /** The logarithm of 2 in two parts, the first short enough that its product with a small integer is exact. */
    private static final float LN2_HIGH = 355f / 512;

    private static final float LN2_LOW = (float) (Math.log(2) - 355.0 / 512);
    /** Added to a float it leaves the nearest integer in the lowest bits. */
    private static final float ROUND = 0x1.8p23f;

    private static final float EXP_LEAST = -87.33654f;
    private static final float EXP_GREATEST = 88.72283f;
    private static final float SQRT_2_OVER_PI = (float) Math.sqrt(2 / Math.PI);

    private VectorMath() {}

    /**
     * The exponential, within 2e-7 relative. {@code x = n ln 2 + r}: Taylor's polynomial of degree 7 for {@code |r| <=
     * ln 2 / 2} (truncation 5e-9), times 2^n by adding n to the exponent. Below the least normal result 0, above the
     * greatest infinity.
     */
    static FloatVector exp(FloatVector x) {
        VectorMask<Float> small = x.compare(VectorOperators.LT, EXP_LEAST);
        VectorMask<Float> large = x.compare(VectorOperators.GT, EXP_GREATEST);
        FloatVector rounded = x.fma(Lanes.spread(LOG2_E), Lanes.spread(ROUND));
        FloatVector p = powerOfFraction(x, rounded.sub(ROUND));
        // Two halves of n, so that 2^128 times a fraction below 1 does not overflow on the way.
        IntVector exponent = rounded.reinterpretAsInts().sub(Float.floatToRawIntBits(ROUND));
        IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
        FloatVector result = p.mul(powerOfTwo(half)).mul(powerOfTwo(exponent.sub(half)));
        return result.blend(0f, small).blend(Float.POSITIVE_INFINITY, large);
    }

    /** The same where x is known to lie within -87 and 87. */
    static FloatVector expOfSmall(FloatVector x) {
        FloatVector rounded = x.fma(Lanes.spread(LOG2_E), Lanes.spread(ROUND));
        FloatVector p = powerOfFraction(x, rounded.sub(ROUND));
        return p.mul(powerOfTwo(rounded.reinterpretAsInts().sub(Float.floatToRawIntBits(ROUND))));
    }

    /** {@code e^(x - n ln 2)}. */
    private static FloatVector powerOfFraction(FloatVector x, FloatVector n) {
        FloatVector r = n.fma(Lanes.spread(-LN2_HIGH), x);
        r = n.fma(Lanes.spread(-LN2_LOW), r);
        FloatVector p = r.fma(Lanes.spread(1f / 5040), Lanes.spread(1f / 720));
        p = p.fma(r, Lanes.spread(1f / 120));
        p = p.fma(r, Lanes.spread(1f / 24));
        p = p.fma(r, Lanes.spread(1f / 6));
        p = p.fma(r, Lanes.spread(0.5f));
        p = p.fma(r, Lanes.spread(1f));
        return p.fma(r, Lanes.spread(1f));
    }

    private static FloatVector powerOfTwo(IntVector n) {
        return n.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
    }

    static float dot(float[] x, int xOffset, float[] y, int yOffset, int size) {
        FloatVector even = Lanes.zero();
        FloatVector odd = Lanes.zero();
        int i = 0;
        for (; i <= size - Tile.COLUMNS; i += Tile.COLUMNS) {
            even = Lanes.floats(x, xOffset + i).fma(Lanes.floats(y, yOffset + i), even);
            odd = Lanes.floats(x, xOffset + i + Lanes.COUNT).fma(Lanes.floats(y, yOffset + i + Lanes.COUNT), odd);
        }
        float sum = Lanes.sum(even.add(odd));
        for (; i < size; i++) {
            sum = Math.fma(x[xOffset + i], y[yOffset + i], sum);
        }
        return sum;
    }

    static void addScaled(float scale, float[] x, int xOffset, float[] y, int yOffset, int size) {
        FloatVector s = Lanes.spread(scale);
        int i = 0;
        for (; i <= size - Lanes.COUNT; i += Lanes.COUNT) {
            Lanes.floats(x, xOffset + i).fma(s, Lanes.floats(y, yOffset + i)).intoArray(y, yOffset + i);
        }
        for (; i < size; i++) {
            y[yOffset + i] = Math.fma(scale, x[xOffset + i], y[yOffset + i]);
        }
    }

    static void rmsNorm(float[] x, int xOffset, float[] weight, float epsilon, float[] y, int yOffset, int size) {
        float scale = (float) (1 / Math.sqrt(dot(x, xOffset, x, xOffset, size) / (double) size + epsilon));
        int i = 0;
        for (; i <= size - Lanes.COUNT; i += Lanes.COUNT) {
            Lanes.floats(x, xOffset + i).mul(scale).mul(Lanes.floats(weight, i)).intoArray(y, yOffset + i);
        }
        for (; i < size; i++) {
            y[yOffset + i] = x[xOffset + i] * scale * weight[i];
        }
    }

    static void layerNorm(
            float[] x, int xOffset, float[] weight, float[] bias, float epsilon, float[] y, int yOffset, int size) {
        float mean = sum(x, xOffset, size) / size;
        float variance = squares(x, xOffset, mean, size) / size;
        float scale = (float) (1 / Math.sqrt((double) variance + epsilon));
        int i = 0;
        for (; i <= size - Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector normal = Lanes.floats(x, xOffset + i).sub(mean).mul(scale);
            normal.fma(Lanes.floats(weight, i), Lanes.floats(bias, i)).intoArray(y, yOffset + i);
        }
        for (; i < size; i++) {
            y[yOffset + i] = Math.fma((x[xOffset + i] - mean) * scale, weight[i], bias[i]);
        }
    }

    private static float sum(float[] x, int offset, int size) {
        FloatVector sums = Lanes.zero();
        int i = 0;
        for (; i <= size - Lanes.COUNT; i += Lanes.COUNT) {
            sums = sums.add(Lanes.floats(x, offset + i));
        }
        float sum = Lanes.sum(sums);
        for (; i < size; i++) {
            sum += x[offset + i];
        }
        return sum;
    }

    private static float squares(float[] x, int offset, float mean, int size) {
        FloatVector sums = Lanes.zero();
        int i = 0;
        for (; i <= size - Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector centred = Lanes.floats(x, offset + i).sub(mean);
            sums = centred.fma(centred, sums);
        }
        float sum = Lanes.sum(sums);
        for (; i < size; i++) {
            float centred = x[offset + i] - mean;
            sum = Math.fma(centred, centred, sum);
        }
        return sum;
    }

    static void softmax(float[] x, int offset, int size) {
        float highest = highest(x, offset, size);
        FloatVector sums = Lanes.zero();
        int i = 0;
        for (; i <= size - Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector e = exp(Lanes.floats(x, offset + i).sub(highest));
            e.intoArray(x, offset + i);
            sums = sums.add(e);
        }
        float sum = Lanes.sum(sums);
        for (; i < size; i++) {
            x[offset + i] = (float) Math.exp(x[offset + i] - highest);
            sum += x[offset + i];
        }
        scale(x, offset, size, 1 / sum);
    }

    private static float highest(float[] x, int offset, int size) {
        FloatVector highs = Lanes.spread(Float.NEGATIVE_INFINITY);
        int i = 0;
        for (; i <= size - Lanes.COUNT; i += Lanes.COUNT) {
            highs = highs.max(Lanes.floats(x, offset + i));
        }
        float highest = highs.reduceLanes(VectorOperators.MAX);
        for (; i < size; i++) {
            highest = Math.max(highest, x[offset + i]);
        }
        return highest;
    }

    private static void scale(float[] x, int offset, int size, float scale) {
        int i = 0;
        for (; i <= size - Lanes.COUNT; i += Lanes.COUNT) {
            Lanes.floats(x, offset + i).mul(scale).intoArray(x, offset + i);
        }
        for (; i < size; i++) {
            x[offset + i] *= scale;
        }
    }

    static void siluMultiply(float[] gate, float[] up, int from, int end) {
        int i = from;
        for (; i <= end - Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector z = Lanes.floats(gate, i);
            z.div(exp(z.neg()).add(1f)).mul(Lanes.floats(up, i)).intoArray(gate, i);
        }
        for (; i < end; i++) {
            gate[i] = (float) (gate[i] / (1 + Math.exp(-gate[i])) * up[i]);
        }
    }

    /** {@code 0.5 z (1 + tanh(u)) = z / (1 + exp(-2u))}, with {@code u = sqrt(2 / π) (z + 0.044715 z³)}. */
    static void geluTanhMultiply(float[] gate, float[] up, int from, int end) {
        int i = from;
        for (; i <= end - Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector z = Lanes.floats(gate, i);
            FloatVector inner = z.mul(z).fma(Lanes.spread(0.044715f), Lanes.spread(1f));
            FloatVector e = exp(inner.mul(z).mul(-2 * SQRT_2_OVER_PI));
            z.div(e.add(1f)).mul(Lanes.floats(up, i)).intoArray(gate, i);
        }
        for (; i < end; i++) {
            float z = gate[i];
            double u = SQRT_2_OVER_PI * (z + 0.044715 * z * z * z);
            gate[i] = (float) (z / (1 + Math.exp(-2 * u)) * up[i]);
        }
    }

    /**
     * GELU with the error function by Abramowitz and Stegun 7.1.26: {@code erf(s) = 1 - (a1 t + … + a5 t⁵) exp(-s²)},
     * {@code t = 1 / (1 + p s)}, within 1.5e-7 for s of 0 and above; so GELU is within {@code 1e-7 * max(1, |x|)}.
     */
    static void gelu(float[] x, int offset, int size) {
        int i = 0;
        for (; i <= size - Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector z = Lanes.floats(x, offset + i);
            FloatVector s = z.abs().mul((float) Math.sqrt(0.5));
            FloatVector t = Lanes.spread(1f).div(s.fma(Lanes.spread(0.3275911f), Lanes.spread(1f)));
            FloatVector p = t.fma(Lanes.spread((float) 1.061405429), Lanes.spread((float) -1.453152027));
            p = p.fma(t, Lanes.spread((float) 1.421413741));
            p = p.fma(t, Lanes.spread((float) -0.284496736));
            p = p.fma(t, Lanes.spread((float) 0.254829592));
            // Half the tail beyond |z|: what is missing from 1 on the right, what there is on the left.
            FloatVector tail = p.mul(t).mul(exp(s.mul(s).neg())).mul(0.5f);
            FloatVector right = Lanes.spread(1f).sub(tail);
            z.mul(right.blend(tail, z.compare(VectorOperators.LT, 0f))).intoArray(x, offset + i);
        }
        for (; i < size; i++) {
            double z = x[offset + i];
            x[offset + i] = (float) (0.5 * z * ErrorFunction.erfc(-z * Math.sqrt(0.5)));
        }
    }
}
