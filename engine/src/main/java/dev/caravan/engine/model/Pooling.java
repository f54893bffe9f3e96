package dev.caravan.engine.model;

import java.util.Arrays;

/** How a text's states become one vector; names as in sentence-transformers' {@code 1_Pooling/config.json}. */
public enum Pooling {
    /** The first token's state. */
    CLS("cls", "cls_token"),
    /** The mean of all tokens' states. */
    MEAN("mean", "mean_tokens"),
    /** The highest value of each dimension. */
    MAX("max", "max_tokens"),
    /** The sum of the states by the square root of their number. */
    MEAN_SQRT_LEN("mean_sqrt_len_tokens", "mean_sqrt_len_tokens"),
    /** The last token's state. */
    LAST_TOKEN("lasttoken", "lasttoken");

    private final String mode;
    private final String flag;

    Pooling(String mode, String flag) {
        this.mode = mode;
        this.flag = flag;
    }

    /** The value of sentence-transformers' {@code pooling_mode}. */
    public String mode() {
        return mode;
    }

    /** The end of sentence-transformers' older key {@code pooling_mode_...}. */
    public String flag() {
        return flag;
    }

    /**
     * One text's vector.
     *
     * @param states {@code [tokens, hidden]} from the row {@code start} on
     * @return {@code [hidden]}
     */
    float[] pool(float[] states, int start, int tokens, int hidden) {
        return switch (this) {
            case CLS -> Arrays.copyOfRange(states, start * hidden, (start + 1) * hidden);
            case LAST_TOKEN -> Arrays.copyOfRange(states, (start + tokens - 1) * hidden, (start + tokens) * hidden);
            case MAX -> highest(states, start, tokens, hidden);
            case MEAN -> sum(states, start, tokens, hidden, 1.0 / tokens);
            case MEAN_SQRT_LEN -> sum(states, start, tokens, hidden, 1 / Math.sqrt(tokens));
        };
    }

    private static float[] highest(float[] states, int start, int tokens, int hidden) {
        float[] highest = new float[hidden];
        Arrays.fill(highest, Float.NEGATIVE_INFINITY);
        for (int i = start * hidden; i < (start + tokens) * hidden; i++) {
            highest[i % hidden] = Math.max(highest[i % hidden], states[i]);
        }
        return highest;
    }

    private static float[] sum(float[] states, int start, int tokens, int hidden, double factor) {
        double[] sums = new double[hidden];
        for (int t = start; t < start + tokens; t++) {
            for (int i = 0; i < hidden; i++) {
                sums[i] += states[t * hidden + i];
            }
        }
        float[] scaled = new float[hidden];
        for (int i = 0; i < hidden; i++) {
            scaled[i] = (float) (sums[i] * factor);
        }
        return scaled;
    }
}
