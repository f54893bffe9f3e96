package dev.caravan.engine.generate;

import dev.caravan.engine.ContextOverflowException;
import dev.caravan.engine.generate.Generation.FinishReason;
import dev.caravan.engine.model.Session;
import dev.caravan.engine.tokenizer.StreamingDecoder;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.function.BooleanSupplier;

/**
 * One answer at a time from a session: prompt in, tokens drawn, text out until a stop condition. For one thread at a
 * time; the session belongs to the caller.
 */
public final class Generator {
    private final Session session;
    private final Tokenizer tokenizer;

    /** Generates from this session; only tokens of the tokenizer are drawn, not the padding that logits may have. */
    public Generator(Session session, Tokenizer tokenizer) {
        this.session = session;
        this.tokenizer = tokenizer;
    }

    /**
     * Generates until a stop condition.
     *
     * @throws ContextOverflowException if the prompt leaves no room for an answer
     * @throws IllegalArgumentException if the prompt is empty or holds an unknown token
     */
    public Generation generate(GenerationRequest request, GenerationListener listener) {
        int[] prompt = request.promptTokens();
        if (prompt.length == 0) {
            throw new IllegalArgumentException("the prompt is empty; give it at least one token");
        }
        if (prompt.length >= session.contextTokens()) {
            throw new ContextOverflowException(prompt.length, session.contextTokens());
        }
        int cached = session.reuse(prompt);
        Answer answer = new Answer(request, listener);
        FinishReason reason = session.feed(prompt, cached, prompt.length, request.cancelled())
                ? answer.continueUntilStop()
                : FinishReason.CANCELLED;
        answer.finish();
        return new Generation(answer.text.toString(), prompt.length, cached, answer.tokens, reason);
    }

    /** The answer as it grows. */
    private final class Answer {
        private final int maxTokens;
        private final BooleanSupplier cancelled;
        private final GenerationListener listener;
        private final Sampler sampler;
        private final StreamingDecoder decoder = new StreamingDecoder(tokenizer);
        private final StopTexts stop;
        private final StringBuilder text = new StringBuilder();
        private final TokenConstraint constraint;
        private int[] generated = new int[64];
        private int tokens;

        Answer(GenerationRequest request, GenerationListener listener) {
            this.maxTokens = Math.min(request.maxTokens(), session.contextTokens() - request.promptTokens().length);
            this.cancelled = request.cancelled();
            this.constraint = request.constraint();
            this.listener = listener;
            this.sampler =
                    new Sampler(session.kernels(), request.sampling(), request.promptTokens(), tokenizer.vocabSize());
            this.stop = new StopTexts(request.stop());
        }

        FinishReason continueUntilStop() {
            int[] next = new int[1];
            while (tokens < maxTokens) {
                if (cancelled.getAsBoolean()) {
                    return FinishReason.CANCELLED;
                }
                float[] logits = session.logits();
                constraint.apply(generated, tokens, logits);
                next[0] = sampler.draw(logits);
                remember(next[0]);
                if (tokenizer.endTokens().contains(next[0])) {
                    return FinishReason.STOP;
                }
                emit(stop.push(decoder.push(next[0])));
                if (stop.isStopped()) {
                    return FinishReason.STOP;
                }
                // The last token's keys and values are not needed for this answer; feeding it would cost a step.
                if (tokens < maxTokens && !session.feed(next, 0, 1, cancelled)) {
                    return FinishReason.CANCELLED;
                }
            }
            return FinishReason.LENGTH;
        }

        private void remember(int token) {
            if (tokens == generated.length) {
                generated = Arrays.copyOf(generated, tokens * 2);
            }
            generated[tokens++] = token;
        }

        /** Shows what was held back as a possible stop text. A character whose last bytes never came is left out. */
        void finish() {
            emit(stop.finish());
        }

        private void emit(String piece) {
            if (!piece.isEmpty()) {
                text.append(piece);
                listener.onText(piece);
            }
        }
    }
}
