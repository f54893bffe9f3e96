package dev.caravan.engine.layer;

/**
 * Rotary positions (Su et al. 2021, RoFormer): each pair of values of a head turns by an angle that is proportional to
 * the token's position. Immutable; a {@link Table} holds the angles of the tokens at hand.
 */
public final class RotaryEmbedding {

    /** Which values of a head of size D form pair i. */
    public enum Pairs {
        /** {@code 2i} and {@code 2i + 1}: the rows of GGUF's {@code llama} are stored in this order. */
        ADJACENT,
        /** {@code i} and {@code i + D/2}: as in transformers, and in the GGUF files of the other families. */
        HALVES
    }

    private final Pairs pairs;
    private final double[] frequencies;

    private RotaryEmbedding(Pairs pairs, double[] frequencies) {
        this.pairs = pairs;
        this.frequencies = frequencies;
    }

    /**
     * Rotations of heads of one size.
     *
     * @param headSize values per head, even
     * @param base the wave length's base ({@code rope_theta})
     * @param divisors what each pair's frequency is divided by, {@code [headSize / 2]}: 1 for plain rotary positions,
     *     a constant for linear scaling, GGUF's {@code rope_freqs} for Llama 3's scaling
     */
    public static RotaryEmbedding of(Pairs pairs, int headSize, double base, float[] divisors) {
        if (headSize % 2 != 0 || divisors.length != headSize / 2) {
            throw new IllegalArgumentException("a head of %d values has %d pairs, got %d divisors"
                    .formatted(headSize, headSize / 2, divisors.length));
        }
        double[] frequencies = new double[headSize / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = Math.pow(base, -2.0 * i / headSize) / divisors[i];
        }
        return new RotaryEmbedding(pairs, frequencies);
    }

    /** Which values of a head belong together. */
    public Pairs pairs() {
        return pairs;
    }

    /** Values per head. */
    public int headSize() {
        return 2 * frequencies.length;
    }

    /** A table for up to so many tokens at a time. */
    public Table newTable(int maxTokens) {
        return new Table(maxTokens);
    }

    /** Cosines and sines of a run of tokens. Computed once per run, used by every layer. For one thread. */
    public final class Table {
        private final float[] cosines;
        private final float[] sines;

        private Table(int maxTokens) {
            cosines = new float[maxTokens * frequencies.length];
            sines = new float[maxTokens * frequencies.length];
        }

        /** Fills {@code tokens} rows from {@code row} on for the positions {@code start .. start + tokens - 1}. */
        public void prepare(int row, int start, int tokens) {
            int pairCount = frequencies.length;
            for (int t = 0; t < tokens; t++) {
                int to = (row + t) * pairCount;
                for (int i = 0; i < pairCount; i++) {
                    double angle = (start + t) * frequencies[i];
                    cosines[to + i] = (float) Math.cos(angle);
                    sines[to + i] = (float) Math.sin(angle);
                }
            }
        }

        /** Turns {@code x[tokens, heads, headSize]} in place, token t by row t of {@link #prepare}. */
        public void apply(float[] x, int tokens, int heads) {
            apply(x, 0, tokens, heads);
        }

        /** As the other, for the tokens from {@code first} to {@code end - 1}: what one worker takes. */
        public void apply(float[] x, int first, int end, int heads) {
            turn(x, first, end, heads, 1);
        }

        /** The gradient of {@link #apply}: turns back, which is the transposed rotation. */
        public void applyTransposed(float[] x, int first, int end, int heads) {
            turn(x, first, end, heads, -1);
        }

        /** @param sign -1 turns by the negative angles */
        private void turn(float[] x, int first, int end, int heads, float sign) {
            int headSize = headSize();
            for (int t = first; t < end; t++) {
                for (int head = 0; head < heads; head++) {
                    int offset = (t * heads + head) * headSize;
                    switch (pairs) {
                        case ADJACENT -> turnAdjacent(x, offset, t * frequencies.length, sign);
                        case HALVES -> turnHalves(x, offset, t * frequencies.length, sign);
                    }
                }
            }
        }

        private void turnAdjacent(float[] x, int offset, int angle, float sign) {
            for (int i = 0; i < frequencies.length; i++) {
                float first = x[offset + 2 * i];
                float second = x[offset + 2 * i + 1];
                float cosine = cosines[angle + i];
                float sine = sign * sines[angle + i];
                x[offset + 2 * i] = first * cosine - second * sine;
                x[offset + 2 * i + 1] = first * sine + second * cosine;
            }
        }

        private void turnHalves(float[] x, int offset, int angle, float sign) {
            int half = frequencies.length;
            for (int i = 0; i < half; i++) {
                float first = x[offset + i];
                float second = x[offset + half + i];
                float cosine = cosines[angle + i];
                float sine = sign * sines[angle + i];
                x[offset + i] = first * cosine - second * sine;
                x[offset + half + i] = first * sine + second * cosine;
            }
        }
    }
}
