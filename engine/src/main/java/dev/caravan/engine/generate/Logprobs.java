package dev.caravan.engine.generate;

import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/** The log-probabilities of one answer's tokens. Keeps what the sampler overwrites. For one answer and one thread. */
final class Logprobs {
    private final Kernels kernels;
    private final Tokenizer tokenizer;
    private final int[] top;
    private float[] logits = new float[0];
    private float[] probabilities = new float[0];
    private double logOfSum;

    /** @param topCount how many of the likeliest tokens are wanted */
    Logprobs(Kernels kernels, Tokenizer tokenizer, int topCount) {
        this.kernels = kernels;
        this.tokenizer = tokenizer;
        this.top = new int[Math.min(topCount, tokenizer.vocabSize())];
    }

    /** Reads the model's logits before anything changes them. */
    void read(float[] modelLogits) {
        if (logits.length != modelLogits.length) {
            logits = new float[modelLogits.length];
            probabilities = new float[modelLogits.length];
        }
        System.arraycopy(modelLogits, 0, logits, 0, logits.length);
        System.arraycopy(modelLogits, 0, probabilities, 0, logits.length);
        kernels.softmax(probabilities, 0, probabilities.length);
        int likeliest = 0;
        for (int token = 1; token < logits.length; token++) {
            likeliest = logits[token] > logits[likeliest] ? token : likeliest;
        }
        // p = exp(logit) / sum, exact enough where p is greatest; a small p would have lost its digits.
        logOfSum = logits[likeliest] - Math.log(probabilities[likeliest]);
        findTop();
    }

    /** Keeps the likeliest tokens sorted; almost every token fails the first comparison. */
    private void findTop() {
        int found = 0;
        for (int token = 0; token < tokenizer.vocabSize() && top.length > 0; token++) {
            if (found == top.length && logits[token] <= logits[top[found - 1]]) {
                continue;
            }
            int place = found < top.length ? found++ : found - 1;
            while (place > 0 && logits[token] > logits[top[place - 1]]) {
                top[place] = top[place - 1];
                place--;
            }
            top[place] = token;
        }
    }

    /** What was read, with the token that was drawn. */
    TokenLogprobs of(int drawn) {
        List<TokenLogprob> likeliest = new ArrayList<>(top.length);
        for (int token : top) {
            likeliest.add(logprob(token));
        }
        return new TokenLogprobs(logprob(drawn), likeliest);
    }

    private TokenLogprob logprob(int token) {
        return new TokenLogprob(token, tokenizer.bytes(token), (float) (logits[token] - logOfSum));
    }
}
