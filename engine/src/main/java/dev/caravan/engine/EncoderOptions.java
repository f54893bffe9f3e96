package dev.caravan.engine;

import dev.caravan.engine.model.Pooling;
import org.jspecify.annotations.Nullable;

/**
 * How a text encoder is loaded. What is not stated here is taken from the model's files.
 *
 * @param threads the threads that compute, the caller's included
 * @param maxTokens the longest input that is wanted; 0 is what the model's files say
 * @param dimensions how many values of a vector are kept, for models that were trained for that (Matryoshka); 0 keeps all
 * @param pooling how states become a vector, or null for what the files say
 * @param prompts what is put before a text, or null for what the files say
 */
public record EncoderOptions(
        int threads,
        int maxTokens,
        int dimensions,
        @Nullable Pooling pooling,
        @Nullable Prompts prompts) {

    /**
     * What is put before each kind of text, with its space at the end.
     *
     * @param query before a question; the empty string for nothing
     * @param passage before a passage; the empty string for nothing
     */
    public record Prompts(String query, String passage) {

        /** Nothing is put before a text. */
        public static final Prompts NONE = new Prompts("", "");

        String before(TextEncoder.InputKind kind) {
            return switch (kind) {
                case QUERY -> query;
                case PASSAGE -> passage;
            };
        }
    }

    public EncoderOptions {
        if (threads < 1 || maxTokens < 0 || dimensions < 0) {
            throw new IllegalArgumentException(
                    "threads must be 1 or more, maxTokens and dimensions 0 or more; got %d, %d and %d"
                            .formatted(threads, maxTokens, dimensions));
        }
    }

    /** All processors, the rest as the files say. */
    public static EncoderOptions defaults() {
        return new EncoderOptions(Runtime.getRuntime().availableProcessors(), 0, 0, null, null);
    }

    public EncoderOptions withThreads(int count) {
        return new EncoderOptions(count, maxTokens, dimensions, pooling, prompts);
    }

    public EncoderOptions withMaxTokens(int tokens) {
        return new EncoderOptions(threads, tokens, dimensions, pooling, prompts);
    }

    public EncoderOptions withDimensions(int count) {
        return new EncoderOptions(threads, maxTokens, count, pooling, prompts);
    }

    public EncoderOptions withPooling(Pooling stated) {
        return new EncoderOptions(threads, maxTokens, dimensions, stated, prompts);
    }

    public EncoderOptions withPrompts(Prompts stated) {
        return new EncoderOptions(threads, maxTokens, dimensions, pooling, stated);
    }
}
