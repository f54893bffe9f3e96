package dev.caravan.engine.generate;

import dev.caravan.engine.kernel.Kernels;
import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;

/**
 * Draws the next token from logits. The order of the chain and the meaning of every step are transformers' (its {@code
 * logits_process}): repetition penalty, temperature, top-k, top-p, min-p, then one draw. For one answer and one
 * thread.
 *
 * <p>Ties go to the token of the lower id, so that the same seed gives the same answer everywhere.
 */
final class Sampler {

    /** A positive float's bits without the last 20: exponent and three bits of the fraction. */
    private static final int BUCKET_SHIFT = 20;

    private static final int BUCKETS = (Float.floatToRawIntBits(1f) >>> BUCKET_SHIFT) + 1;

    private final Kernels kernels;
    private final SamplingParameters parameters;
    private final int vocabSize;
    private final SplittableRandom random;
    private final BitSet present;
    private final long[] candidates;
    private final float[] probabilities;
    private int count;

    /**
     * A sampler for one answer.
     *
     * @param promptTokens counted as present for the repetition penalty, as transformers does
     * @param vocabSize the tokens that may be drawn: ids from 0 to below it
     */
    Sampler(Kernels kernels, SamplingParameters parameters, int[] promptTokens, int vocabSize) {
        this.kernels = kernels;
        this.parameters = parameters;
        this.vocabSize = vocabSize;
        this.random = new SplittableRandom(parameters.seed());
        this.present = new BitSet(vocabSize);
        for (int token : promptTokens) {
            present.set(token);
        }
        int mostCandidates = parameters.temperature() > 0 ? vocabSize : 0;
        this.candidates = new long[mostCandidates];
        this.probabilities = new float[mostCandidates];
    }

    /**
     * Draws a token and remembers it as present.
     *
     * @param logits at least {@code vocabSize} of them; overwritten
     */
    int draw(float[] logits) {
        penalise(logits);
        int token = parameters.temperature() == 0 ? likeliest(logits) : drawFiltered(logits);
        present.set(token);
        return token;
    }

    private void penalise(float[] logits) {
        float penalty = parameters.repetitionPenalty();
        if (penalty == 1) {
            return;
        }
        for (int token = present.nextSetBit(0); token >= 0; token = present.nextSetBit(token + 1)) {
            logits[token] = logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty;
        }
    }

    private int likeliest(float[] logits) {
        int best = 0;
        float highest = logits[0];
        for (int token = 1; token < vocabSize; token++) {
            if (logits[token] > highest) {
                highest = logits[token];
                best = token;
            }
        }
        return best;
    }

    private int drawFiltered(float[] logits) {
        filter(logits);
        double target = random.nextDouble() * sum();
        for (int i = 0; i < count - 1; i++) {
            target -= probabilities[i];
            if (target < 0) {
                return token(i);
            }
        }
        return token(count - 1);
    }

    /** Leaves the tokens that may be drawn, likeliest first. */
    private void filter(float[] logits) {
        float temperature = parameters.temperature();
        for (int token = 0; token < vocabSize; token++) {
            logits[token] /= temperature;
        }
        kernels.softmax(logits, 0, vocabSize);
        boolean isTopK = parameters.topK() > 0 && parameters.topK() < vocabSize;
        // Without top-k: the tokens below this probability together hold less than 1 - top_p, so the nucleus ends
        // before them and they need not be sorted.
        gather(logits, isTopK ? lowerBound(logits, parameters.topK()) : (1f - parameters.topP()) / vocabSize);
        if (isTopK) {
            count = Math.min(count, parameters.topK());
        }
        for (int i = 0; i < count; i++) {
            probabilities[i] = logits[token(i)];
        }
        keepTopP(isTopK ? sum() : 1);
        keepMinP();
    }

    /** A probability that at least {@code k} tokens reach, and few more. */
    private float lowerBound(float[] weights, int k) {
        int[] buckets = new int[BUCKETS];
        for (int token = 0; token < vocabSize; token++) {
            buckets[Float.floatToRawIntBits(Math.min(weights[token], 1)) >>> BUCKET_SHIFT]++;
        }
        int bucket = BUCKETS - 1;
        for (int reached = buckets[bucket]; reached < k; reached += buckets[bucket]) {
            bucket--;
        }
        return Float.intBitsToFloat(bucket << BUCKET_SHIFT);
    }

    /** Sorts the tokens of at least this weight by falling weight and then by rising id; forbidden ones have none. */
    private void gather(float[] weights, float least) {
        count = 0;
        for (int token = 0; token < vocabSize; token++) {
            if (weights[token] >= least && weights[token] > 0) {
                int falling = Integer.MAX_VALUE - Float.floatToRawIntBits(weights[token]);
                candidates[count++] = ((long) falling << Integer.SIZE) | token;
            }
        }
        Arrays.sort(candidates, 0, count);
    }

    private double sum() {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += probabilities[i];
        }
        return sum;
    }

    /** Keeps the likeliest tokens until their mass reaches top-p; the token that reaches it stays. */
    private void keepTopP(double total) {
        double wanted = parameters.topP() * total;
        double mass = 0;
        for (int i = 0; i < count && parameters.topP() < 1; i++) {
            mass += probabilities[i];
            if (mass >= wanted) {
                count = i + 1;
            }
        }
    }

    private void keepMinP() {
        while (count > 1 && probabilities[count - 1] < parameters.minP() * probabilities[0]) {
            count--;
        }
    }

    private int token(int candidate) {
        return (int) candidates[candidate];
    }

    /**
     * The probabilities with which {@link #draw} would choose, by token; 0 for those that were filtered out.
     *
     * @param logits overwritten
     */
    float[] distribution(float[] logits) {
        penalise(logits);
        filter(logits);
        float[] distribution = new float[vocabSize];
        double total = sum();
        for (int i = 0; i < count; i++) {
            distribution[token(i)] = (float) (probabilities[i] / total);
        }
        return distribution;
    }
}
