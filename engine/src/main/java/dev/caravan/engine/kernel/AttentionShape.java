package dev.caravan.engine.kernel;

/**
 * What stays the same for every attention of a layer.
 *
 * @param heads the query heads
 * @param keyValueHeads the key and value heads, a divisor of {@code heads}: query head h reads key head {@code h /
 *     (heads / keyValueHeads)}
 * @param headSize the values of one head
 * @param scale multiplies the scores, mostly {@code 1 / sqrt(headSize)}
 * @param causal whether a token sees only itself and what stands before it; otherwise it sees every position
 * @param window sliding-window attention: how many positions a causal token sees, itself included; a token that looks both
 *     ways sees the {@code window / 2} positions on each side and itself; 0 is no limit
 */
public record AttentionShape(int heads, int keyValueHeads, int headSize, float scale, boolean causal, int window) {

    public AttentionShape {
        if (heads < 1 || keyValueHeads < 1 || heads % keyValueHeads != 0 || headSize < 1) {
            throw new IllegalArgumentException("%d heads of %d values over %d key-value heads do not fit"
                    .formatted(heads, headSize, keyValueHeads));
        }
        if (window < 0) {
            throw new IllegalArgumentException("a window of %d positions".formatted(window));
        }
    }

    /** The values of all query heads of a token. */
    public int querySize() {
        return heads * headSize;
    }

    /** The values of all key heads of a token; as many as of its value heads. */
    public int keyValueSize() {
        return keyValueHeads * headSize;
    }

    /** How many positions before its own a token sees. */
    int before() {
        if (window == 0) {
            return Integer.MAX_VALUE;
        }
        return causal ? window - 1 : window / 2;
    }

    /** How many positions after its own a token sees. */
    int after() {
        if (causal) {
            return 0;
        }
        return window == 0 ? Integer.MAX_VALUE : window / 2;
    }

    /** The first position that the token at {@code position} sees. */
    int firstKey(int position) {
        return Math.max(0, position - before());
    }

    /** One after the last position that the token at {@code position} sees when there are so many. */
    int endKey(int position, int positions) {
        return after() < positions - position ? position + after() + 1 : positions;
    }
}
