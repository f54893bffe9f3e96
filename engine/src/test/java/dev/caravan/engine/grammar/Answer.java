package dev.caravan.engine.grammar;

import dev.caravan.engine.tokenizer.StreamingDecoder;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.SplittableRandom;

/** An answer under a constraint, its tokens drawn without a model. */
final class Answer {
    private final Tokenizer tokenizer;
    private final GrammarConstraint constraint;
    private final float[] logits;
    private int[] tokens = new int[64];
    private int count;

    Answer(TokenGrammar grammar, Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        this.constraint = grammar.constraint();
        this.logits = new float[tokenizer.vocabSize()];
    }

    /** The tokens that may follow, ascending. */
    int[] allowed() {
        Arrays.fill(logits, 0);
        constraint.apply(tokens, count, logits);
        int[] allowed = new int[logits.length];
        int size = 0;
        for (int token = 0; token < logits.length; token++) {
            if (logits[token] == 0) {
                allowed[size++] = token;
            }
        }
        return Arrays.copyOf(allowed, size);
    }

    boolean allows(int token) {
        return Arrays.binarySearch(allowed(), token) >= 0;
    }

    void add(int token) {
        tokens = count == tokens.length ? Arrays.copyOf(tokens, count * 2) : tokens;
        tokens[count++] = token;
    }

    void takeBack(int tokensLeft) {
        count = tokensLeft;
    }

    /** The same tokens under a constraint that has not seen them yet. */
    Answer withNewConstraint(TokenGrammar grammar) {
        Answer answer = new Answer(grammar, tokenizer);
        answer.tokens = tokens.clone();
        answer.count = count;
        return answer;
    }

    int count() {
        return count;
    }

    boolean isNarrowed() {
        return constraint.isNarrowed();
    }

    String text() {
        StreamingDecoder decoder = new StreamingDecoder(tokenizer);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(decoder.push(tokens[i]));
        }
        return text + decoder.finish();
    }

    /**
     * Draws among the allowed tokens until an end token. From the hundredth token on it takes the end or a quote where
     * it may, and a bracket every other time, so that it comes to an end.
     *
     * @return whether it ended within the most tokens
     */
    boolean walk(SplittableRandom random, int mostTokens) {
        while (count < mostTokens) {
            int[] allowed = allowed();
            if (allowed.length == 0) {
                throw new AssertionError("no token may follow " + text());
            }
            int drawn = allowed[random.nextInt(allowed.length)];
            int token = count < 100 ? drawn : closing(allowed, drawn);
            if (tokenizer.endTokens().contains(token)) {
                return true;
            }
            add(token);
        }
        return false;
    }

    private int closing(int[] allowed, int otherwise) {
        for (int token : allowed) {
            if (tokenizer.endTokens().contains(token)) {
                return token;
            }
        }
        String wanted = count % 2 == 0 ? "\"]}" : "\"";
        for (int token : allowed) {
            byte[] bytes = tokenizer.bytes(token);
            if (bytes.length == 1 && wanted.indexOf(bytes[0]) >= 0) {
                return token;
            }
        }
        return otherwise;
    }
}
