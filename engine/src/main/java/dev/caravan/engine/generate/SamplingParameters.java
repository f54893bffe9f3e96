package dev.caravan.engine.generate;

/**
 * How the next token is drawn. Names and meanings are OpenAI's and transformers'.
 *
 * @param temperature 0 takes the likeliest token; up to 2
 * @param topK the number of likeliest tokens that remain; 0 keeps all
 * @param topP the probability mass that remains, (0, 1]
 * @param minP the least probability relative to the likeliest token's, [0, 1)
 * @param repetitionPenalty 1 is none; divides positive and multiplies negative logits of tokens already present
 * @param seed makes a draw repeatable
 */
public record SamplingParameters(
        float temperature, int topK, float topP, float minP, float repetitionPenalty, long seed) {

    /** Always the likeliest token. */
    public static final SamplingParameters GREEDY = new SamplingParameters(0, 0, 1, 0, 1, 0);

    public SamplingParameters {
        require(temperature >= 0 && temperature <= 2, "temperature must be between 0 and 2");
        require(topK >= 0, "top_k must be 0 or more");
        require(topP > 0 && topP <= 1, "top_p must be above 0 and at most 1");
        require(minP >= 0 && minP < 1, "min_p must be at least 0 and below 1");
        require(repetitionPenalty > 0, "repetition_penalty must be above 0");
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
