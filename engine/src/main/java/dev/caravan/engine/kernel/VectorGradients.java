package dev.caravan.engine.kernel;

import jdk.incubator.vector.FloatVector;

/**
 * The gradients of norms and gated activations on vectors; formulas as in {@link ScalarGradients}. The last values that
 * fill no vector are done one by one, alike.
 */
final class VectorGradients {
    /** GELU's {@code 2u = z (CUBIC z² + LINEAR)}. */
    private static final float LINEAR = (float) (2 * Math.sqrt(2 / Math.PI));

    private static final float CUBIC = 0.044715f * LINEAR;
    /** Beyond, SiLU and GELU do not differ from 0 or the line, and within, the exponential takes its short way. */
    private static final float SILU_LIMIT = 87;

    private static final float GELU_LIMIT = 9;

    private VectorGradients() {}

    static void rmsNorm(
            float[] x,
            int xOffset,
            float[] weight,
            float epsilon,
            float[] dy,
            int dyOffset,
            float[] dx,
            int dxOffset,
            int size) {
        FloatVector squares = Lanes.zero();
        FloatVector products = Lanes.zero();
        int i = 0;
        for (; i <= size - Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector values = Lanes.floats(x, xOffset + i);
            FloatVector slopes = Lanes.floats(weight, i).mul(Lanes.floats(dy, dyOffset + i));
            squares = values.fma(values, squares);
            products = values.fma(slopes, products);
        }
        double square = Lanes.sum(squares);
        double product = Lanes.sum(products);
        for (; i < size; i++) {
            double value = x[xOffset + i];
            square += value * value;
            product += value * weight[i] * dy[dyOffset + i];
        }
        double scale = 1 / Math.sqrt(square / size + epsilon);
        addNormal(x, xOffset, weight, dy, dyOffset, dx, dxOffset, size, (float) scale, (float)
                (-scale * scale * scale / size * product));
    }

    /** {@code dx += scale * weight * dy + common * x}. */
    private static void addNormal(
            float[] x,
            int xOffset,
            float[] weight,
            float[] dy,
            int dyOffset,
            float[] dx,
            int dxOffset,
            int size,
            float scale,
            float common) {
        FloatVector commons = Lanes.spread(common);
        int i = 0;
        for (; i <= size - Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector slopes = Lanes.floats(weight, i).mul(scale);
            FloatVector added = Lanes.floats(x, xOffset + i).fma(commons, Lanes.floats(dx, dxOffset + i));
            slopes.fma(Lanes.floats(dy, dyOffset + i), added).intoArray(dx, dxOffset + i);
        }
        for (; i < size; i++) {
            float added = Math.fma(x[xOffset + i], common, dx[dxOffset + i]);
            dx[dxOffset + i] = Math.fma(scale * weight[i], dy[dyOffset + i], added);
        }
    }

    static void siluMultiply(float[] gate, float[] up, float[] dy, float[] dGate, float[] dUp, int from, int end) {
        int i = from;
        for (; i <= end - Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector z = Lanes.floats(gate, i).max(-SILU_LIMIT);
            FloatVector e = VectorMath.expOfSmall(z.min(SILU_LIMIT).neg());
            FloatVector sigmoid = Lanes.spread(1f).div(e.add(1f));
            FloatVector activated = z.mul(sigmoid);
            FloatVector slope = Lanes.spread(1f).sub(sigmoid).fma(activated, sigmoid);
            FloatVector gradient = Lanes.floats(dy, i);
            gradient.mul(Lanes.floats(up, i)).mul(slope).intoArray(dGate, i);
            gradient.mul(activated).intoArray(dUp, i);
        }
        for (; i < end; i++) {
            float z = Math.max(-SILU_LIMIT, gate[i]);
            float sigmoid = (float) (1 / (1 + Math.exp(-z)));
            float gradient = dy[i];
            dGate[i] = gradient * up[i] * Math.fma(1 - sigmoid, z * sigmoid, sigmoid);
            dUp[i] = gradient * (z * sigmoid);
        }
    }

    /**
     * {@code (1 + tanh(u)) / 2 = σ(2u)}, so {@code gelu(z) = z σ} and {@code gelu'(z) = σ + z σ (1 - σ) 2u'}, with {@code
     * 2u = z (a z² + b)} and {@code 2u' = 3 a z² + b}.
     */
    static void geluTanhMultiply(float[] gate, float[] up, float[] dy, float[] dGate, float[] dUp, int from, int end) {
        FloatVector a = Lanes.spread(CUBIC);
        FloatVector b = Lanes.spread(LINEAR);
        int i = from;
        for (; i <= end - Lanes.COUNT; i += Lanes.COUNT) {
            FloatVector z = Lanes.floats(gate, i).max(-GELU_LIMIT);
            FloatVector cut = z.min(GELU_LIMIT);
            FloatVector square = cut.mul(cut);
            FloatVector e = VectorMath.expOfSmall(square.fma(a, b).mul(cut).neg());
            FloatVector sigmoid = Lanes.spread(1f).div(e.add(1f));
            FloatVector bend = square.mul(3f).fma(a, b).mul(cut);
            FloatVector slope = sigmoid.sub(sigmoid.mul(sigmoid)).fma(bend, sigmoid);
            FloatVector gradient = Lanes.floats(dy, i);
            gradient.mul(Lanes.floats(up, i)).mul(slope).intoArray(dGate, i);
            gradient.mul(z).mul(sigmoid).intoArray(dUp, i);
        }
        for (; i < end; i++) {
            float z = Math.max(-GELU_LIMIT, gate[i]);
            float cut = Math.min(GELU_LIMIT, z);
            float square = cut * cut;
            float sigmoid = (float) (1 / (1 + Math.exp(-Math.fma(square, CUBIC, LINEAR) * cut)));
            float bend = Math.fma(3 * square, CUBIC, LINEAR) * cut;
            float gradient = dy[i];
            dGate[i] = gradient * up[i] * Math.fma(sigmoid - sigmoid * sigmoid, bend, sigmoid);
            dUp[i] = gradient * z * sigmoid;
        }
    }
}
