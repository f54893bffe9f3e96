package dev.caravan.engine.layer;

/**
 * How Llama 3 stretches its rotary waves: short ones stay, long ones grow by a factor, those between by a mixture.
 * Source: transformers' modeling_rope_utils.py, {@code _compute_llama3_parameters}.
 *
 * @param factor how much the longest waves grow
 * @param lowFreqFactor waves longer than the original context divided by it grow by the whole factor
 * @param highFreqFactor waves shorter than the original context divided by it stay
 * @param originalMaxPositionEmbeddings the context before it was stretched, in tokens
 */
public record Llama3RopeScaling(
        double factor, double lowFreqFactor, double highFreqFactor, double originalMaxPositionEmbeddings) {

    /** What the frequency of each pair is divided by, {@code [headDim / 2]}. */
    public float[] divisors(double theta, int headDim) {
        float[] divisors = new float[headDim / 2];
        for (int i = 0; i < divisors.length; i++) {
            double wave = 2 * Math.PI * Math.pow(theta, 2.0 * i / headDim);
            if (wave < originalMaxPositionEmbeddings / highFreqFactor) {
                divisors[i] = 1;
            } else if (wave > originalMaxPositionEmbeddings / lowFreqFactor) {
                divisors[i] = (float) factor;
            } else {
                double smooth =
                        (originalMaxPositionEmbeddings / wave - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
                divisors[i] = (float) (1 / ((1 - smooth) / factor + smooth));
            }
        }
        return divisors;
    }
}
