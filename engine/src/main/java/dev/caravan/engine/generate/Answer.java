package dev.caravan.engine.generate;

import dev.caravan.engine.generate.Generation.FinishReason;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.tokenizer.StreamingDecoder;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One answer as it grows: tokens drawn, text out until a stop condition. It posts what happens to its caller's {@link
 * Delivery}. For the scheduler's thread, but for the marks that the caller sets.
 */
final class Answer {
    private final GenerationRequest request;
    private final Sequence sequence;
    private final Delivery delivery;
    private final Tokenizer tokenizer;
    private final Kernels kernels;
    private final int maxTokens;
    private final StreamingDecoder decoder;
    private final StopTexts stop;
    private final PromptLookup lookup = new PromptLookup();
    private int[] generated = new int[64];
    private int tokens;
    /** Made with the first draw: an answer that waits takes no memory for it. */
    private @Nullable Sampler sampler;

    private @Nullable Logprobs logprobs;
    private boolean isFoundCounted;
    private final AtomicInteger cachedPromptTokens = new AtomicInteger();
    private volatile boolean isAbandoned;

    /**
     * An answer without tokens.
     *
     * @param sequence the prompt
     * @param maxTokens the longest answer that request and context allow
     */
    Answer(
            GenerationRequest request,
            Sequence sequence,
            Delivery delivery,
            Tokenizer tokenizer,
            Kernels kernels,
            int maxTokens) {
        this.request = request;
        this.sequence = sequence;
        this.delivery = delivery;
        this.tokenizer = tokenizer;
        this.kernels = kernels;
        this.maxTokens = maxTokens;
        this.decoder = new StreamingDecoder(tokenizer);
        this.stop = new StopTexts(request.stop());
    }

    GenerationRequest request() {
        return request;
    }

    Sequence sequence() {
        return sequence;
    }

    int cachedPromptTokens() {
        return cachedPromptTokens.get();
    }

    /** The caller does not listen any more. */
    void abandon() {
        isAbandoned = true;
    }

    boolean isAbandoned() {
        return isAbandoned;
    }

    /** The tokens drawn so far. */
    int tokens() {
        return tokens;
    }

    /** The last token drawn. */
    int lastToken() {
        return generated[tokens - 1];
    }

    /** Guesses of the tokens after the next one, if they are worth feeding. */
    int[] draft(PassCosts costs) {
        return tokens == 0 ? new int[0] : lookup.draft(sequence, maxTokens - tokens - 1, costs);
    }

    /** So many tokens of the prompt were found in the prefix cache; what is found again after a preemption is no news. */
    void found(int promptTokens) {
        if (!isFoundCounted) {
            cachedPromptTokens.addAndGet(promptTokens);
        }
    }

    /** The answer lost its pages and will be fed again. */
    void preempted() {
        isFoundCounted = true;
    }

    /**
     * Draws the next token, posts what it gives to hear and appends it to the sequence if the answer goes on.
     *
     * @param logits {@code [vocabulary]}; overwritten
     * @return why the answer ended, or null
     */
    @Nullable
    FinishReason draw(float[] logits) {
        if (request.topLogprobs() >= 0) {
            logprobs = logprobs == null ? new Logprobs(kernels, tokenizer, request.topLogprobs()) : logprobs;
            logprobs.read(logits);
        }
        if (sampler == null) {
            sampler = new Sampler(kernels, request.sampling(), request.promptTokens(), tokenizer.vocabSize());
        }
        request.constraint().apply(generated, tokens, logits);
        int token = sampler.draw(logits);
        remember(token);
        lookup.drawn(token);
        if (tokenizer.endTokens().contains(token)) {
            return FinishReason.STOP;
        }
        String text = stop.push(decoder.push(token));
        if (!text.isEmpty() || logprobs != null) {
            post(new Delivery.Token(text, logprobs == null ? null : logprobs.of(token), tokens));
        }
        if (stop.isStopped()) {
            return FinishReason.STOP;
        }
        // The last token's keys and values are not needed for this answer; feeding it would cost a step.
        if (tokens == maxTokens) {
            return FinishReason.LENGTH;
        }
        sequence.append(token);
        return null;
    }

    private void remember(int token) {
        if (tokens == generated.length) {
            generated = Arrays.copyOf(generated, tokens * 2);
        }
        generated[tokens++] = token;
    }

    /** Posts the end, with what was held back as a possible stop text. A character whose last bytes never came is left out. */
    void end(FinishReason reason) {
        post(new Delivery.End(stop.finish(), reason, tokens));
    }

    void fail(Throwable cause) {
        post(new Delivery.Failure(cause));
    }

    private void post(Delivery.Event event) {
        delivery.post(this, event);
    }
}
