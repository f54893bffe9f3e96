package dev.caravan.engine.generate;

import java.util.SplittableRandom;

/**
 * How the next token is drawn. Names and meanings are OpenAI's and transformers'.
 *
 * @param temperature 0, and what is too small to divide by, takes the likeliest token; up to 2
 * @param topK the number of likeliest tokens that remain; 0 keeps all
 * @param topP the probability mass that remains, (0, 1]
 * @param minP the least probability relative to the likeliest token's, [0, 1)
 * @param repetitionPenalty 1 is none, 0.01 to 100; divides positive and multiplies negative logits of tokens already
 *     present
 * @param seed makes a draw repeatable
 */
public record SamplingParameters(
        float temperature, int topK, float topP, float minP, float repetitionPenalty, long seed) {

    /** Below it, logits divided by the temperature could leave the range of a float. */
    private static final float LEAST_TEMPERATURE = 1e-4f;

    private static final float LEAST_PENALTY = 0.01f;
    private static final float MOST_PENALTY = 100;

    /** Always the likeliest token. */
    public static final SamplingParameters GREEDY = new SamplingParameters(0, 0, 1, 0, 1, 0);

    public SamplingParameters {
        require(temperature >= 0 && temperature <= 2, "temperature must be between 0 and 2");
        require(topK >= 0, "top_k must be 0 or more");
        require(topP > 0 && topP <= 1, "top_p must be above 0 and at most 1");
        require(minP >= 0 && minP < 1, "min_p must be at least 0 and below 1");
        require(
                repetitionPenalty >= LEAST_PENALTY && repetitionPenalty <= MOST_PENALTY,
                "repetition_penalty must be between 0.01 and 100");
        temperature = temperature < LEAST_TEMPERATURE ? 0 : temperature;
    }

    /** The parameters of one of several answers to a prompt: answer 0 has this seed, the others what follows from it. */
    SamplingParameters forAnswer(int index) {
        SplittableRandom seeds = new SplittableRandom(~seed);
        long answerSeed = seed;
        for (int i = 0; i < index; i++) {
            answerSeed = seeds.nextLong();
        }
        return new SamplingParameters(temperature, topK, topP, minP, repetitionPenalty, answerSeed);
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
