package dev.caravan.engine.model;

import dev.caravan.engine.ContextOverflowException;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.Activations;
import dev.caravan.engine.layer.RotaryEmbedding;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The mutable half of a running model: its tokens so far, their keys and values, and the buffers, all allocated once.
 * Feed tokens, then ask for the logits of the next one. For one thread at a time; it owns its memory.
 *
 * <p>The keys and values of a prompt that begins like the last one are used again: {@link #reuse}.
 */
public final class Session implements AutoCloseable {

    /** The most tokens that pass the layers together. More would not be faster, fewer would read the weights more often. */
    static final int RUN_TOKENS = 256;

    private final Decoder decoder;
    private final Kernels kernels;
    private final Activations state;
    private final List<RotaryEmbedding.Table> rotary;
    private final int[] tokens;
    private final float[] lastHidden;
    private final float[] logits;
    private final @Nullable ActivationListener listener;
    private int length;
    private boolean hasLastHidden;

    /**
     * An empty session.
     *
     * @param contextTokens the most tokens it can hold
     */
    public Session(Decoder decoder, Kernels kernels, int contextTokens) {
        this(decoder, kernels, contextTokens, null);
    }

    Session(Decoder decoder, Kernels kernels, int contextTokens, @Nullable ActivationListener listener) {
        DecoderConfig config = decoder.config();
        this.decoder = decoder;
        this.kernels = kernels;
        this.state = new Activations(kernels, config.sizes(Math.min(RUN_TOKENS, contextTokens), contextTokens));
        this.rotary = decoder.rotaryEmbeddings().stream()
                .map(embedding -> embedding.newTable(state.maxTokens()))
                .toList();
        this.tokens = new int[contextTokens];
        this.lastHidden = new float[config.hiddenSize()];
        this.logits = new float[config.vocabSize()];
        this.listener = listener;
    }

    public Kernels kernels() {
        return kernels;
    }

    /** The most tokens it can hold. */
    public int contextTokens() {
        return tokens.length;
    }

    /** The tokens it holds. */
    public int length() {
        return length;
    }

    /**
     * Keeps the longest common prefix of its tokens and the prompt and forgets the rest. At least the prompt's last
     * token is left to feed, for its logits. Exact: a key depends on nothing but the tokens up to its own.
     *
     * @return how many of the prompt's tokens are kept
     */
    public int reuse(int[] prompt) {
        int most = Math.min(length, prompt.length - 1);
        int common = 0;
        while (common < most && tokens[common] == prompt[common]) {
            common++;
        }
        length = common;
        hasLastHidden = false;
        return common;
    }

    /**
     * Feeds {@code source[from .. end - 1]}. A cancelled feed stops between two layers; the tokens of its finished
     * runs stay.
     *
     * @return whether all were fed
     * @throws ContextOverflowException if they do not fit
     * @throws IllegalArgumentException if a token is not in the vocabulary
     */
    public boolean feed(int[] source, int from, int end, BooleanSupplier cancelled) {
        if (length + end - from > tokens.length) {
            throw new ContextOverflowException(length + end - from, tokens.length);
        }
        for (int i = from; i < end; i++) {
            if (source[i] < 0 || source[i] >= decoder.config().vocabSize()) {
                throw new IllegalArgumentException("token %d at %d is not in the vocabulary of %d"
                        .formatted(source[i], i, decoder.config().vocabSize()));
            }
        }
        for (int next = from; next < end; next += state.maxTokens()) {
            if (!run(source, next, Math.min(end, next + state.maxTokens()), cancelled)) {
                return false;
            }
        }
        return true;
    }

    private boolean run(int[] source, int from, int end, BooleanSupplier cancelled) {
        int count = end - from;
        int hiddenSize = decoder.config().hiddenSize();
        state.begin(length, count);
        for (RotaryEmbedding.Table table : rotary) {
            table.prepare(length, count);
        }
        for (int t = 0; t < count; t++) {
            decoder.embed(kernels, source[from + t], state.hidden(), t * hiddenSize);
        }
        report("embeddings");
        for (int layer = 0; layer < decoder.config().numHiddenLayers(); layer++) {
            if (cancelled.getAsBoolean()) {
                return false;
            }
            decoder.block(layer, state, rotary);
            report("layer." + layer);
        }
        System.arraycopy(source, from, tokens, length, count);
        length += count;
        System.arraycopy(state.hidden(), (count - 1) * hiddenSize, lastHidden, 0, hiddenSize);
        hasLastHidden = true;
        return true;
    }

    private void report(String name) {
        if (listener != null) {
            listener.onActivation(name, state.hidden(), state.start(), state.tokens());
        }
    }

    /**
     * The logits of the token that follows the last one fed, {@code [vocabulary]}. The array is the session's own: the
     * caller may change it, the next call overwrites it.
     */
    public float[] logits() {
        if (!hasLastHidden) {
            throw new IllegalStateException("feed a token before asking for logits");
        }
        hasLastHidden = false;
        decoder.logits(kernels, lastHidden, logits);
        return logits;
    }

    /** The tokens it holds, as a copy. */
    public int[] tokens() {
        return Arrays.copyOf(tokens, length);
    }

    @Override
    public void close() {
        state.close();
    }
}
