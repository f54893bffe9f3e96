package dev.caravan.engine.model;

import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.Activations;
import dev.caravan.engine.layer.BoundAdapter;
import dev.caravan.engine.layer.KvCache;
import dev.caravan.engine.layer.KvCacheType;
import dev.caravan.engine.layer.KvPagePool;
import dev.caravan.engine.layer.KvRun;
import dev.caravan.engine.layer.RotaryEmbedding;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes tokens over the weights, those of several sequences together, so that the weights are read once for all of
 * them: run a pass, then ask for the logits after some of its tokens. The buffers are allocated once. For one thread at
 * a time; the caches belong to the caller.
 */
public final class DecoderPass {

    /** The most tokens of a pass. More would not be faster, fewer would read the weights more often. */
    public static final int MAX_TOKENS = 256;

    /**
     * The tokens {@code tokens[from .. end - 1]} of a sequence.
     *
     * @param cache holds the keys and values of {@code tokens[0 .. from - 1]} and has room up to {@code end}
     * @param tokens the sequence, a token's index being its position
     * @param adapter what the sequence's tokens have beside the base's weights, the same in all its passes; or null.
     *     Parts with the same one do best to follow each other
     */
    @SuppressWarnings("ArrayRecordComponent") // a view, made and dropped within one pass
    public record Part(
            KvCache cache,
            int[] tokens,
            int from,
            int end,
            @Nullable BoundAdapter adapter) {

        /** With the base alone. */
        public Part(KvCache cache, int[] tokens, int from, int end) {
            this(cache, tokens, from, end, null);
        }
    }

    private final Decoder decoder;
    private final Kernels kernels;
    private final Activations state;
    private final List<RotaryEmbedding.Table> rotary;
    private final @Nullable ActivationListener listener;
    private final float[] oneRow;
    private float[] manyRows = new float[0];
    private float[] hidden;

    /**
     * A pass without tokens.
     *
     * @param contextTokens the longest sequence
     */
    public DecoderPass(Decoder decoder, Kernels kernels, int contextTokens) {
        this(decoder, kernels, contextTokens, null);
    }

    DecoderPass(Decoder decoder, Kernels kernels, int contextTokens, @Nullable ActivationListener listener) {
        this.decoder = decoder;
        this.kernels = kernels;
        this.state = new Activations(kernels, decoder.config().sizes(MAX_TOKENS, contextTokens));
        this.rotary = decoder.rotaryEmbeddings().stream()
                .map(embedding -> embedding.newTable(MAX_TOKENS))
                .toList();
        this.listener = listener;
        this.oneRow = new float[decoder.config().vocabSize()];
        this.hidden = new float[decoder.config().hiddenSize()];
    }

    /** A pool for the keys and values of this model, as F16. */
    public static KvPagePool newPool(Decoder decoder, int pages) {
        return newPool(decoder, pages, KvCacheType.F16);
    }

    /**
     * A pool for the keys and values of this model.
     *
     * @throws IllegalArgumentException if the model's heads do not fill whole blocks of the type
     */
    public static KvPagePool newPool(Decoder decoder, int pages, KvCacheType type) {
        return new KvPagePool(decoder.config().sizes(1, 1).cacheShape(type), pages);
    }

    public Decoder decoder() {
        return decoder;
    }

    public Kernels kernels() {
        return kernels;
    }

    /** The ids below this one have logits. */
    public int vocabSize() {
        return decoder.config().vocabSize();
    }

    /**
     * Checks tokens before they are run.
     *
     * @throws IllegalArgumentException if a token is not in the vocabulary
     */
    public void requireKnown(int[] tokens, int from, int end) {
        for (int i = from; i < end; i++) {
            if (tokens[i] < 0 || tokens[i] >= vocabSize()) {
                throw new IllegalArgumentException(
                        "token %d at %d is not in the vocabulary of %d".formatted(tokens[i], i, vocabSize()));
            }
        }
    }

    /**
     * Runs a pass. The parts' tokens take the rows from 0 on in the order of the parts.
     *
     * @param parts of different sequences, together at most {@link #MAX_TOKENS} known tokens
     * @param cancelled asked between two layers
     * @return whether it was finished; if not, the caches hold nothing new
     */
    public boolean run(List<Part> parts, BooleanSupplier cancelled) {
        List<KvRun> runs = new ArrayList<>(parts.size());
        int rows = 0;
        for (Part part : parts) {
            int count = part.end - part.from;
            runs.add(new KvRun(part.cache, rows, part.from, count, part.adapter));
            rows += count;
        }
        state.begin(runs);
        for (int i = 0; i < runs.size(); i++) {
            begin(parts.get(i), runs.get(i));
        }
        report("embeddings", runs);
        for (int layer = 0; layer < decoder.config().numHiddenLayers(); layer++) {
            if (cancelled.getAsBoolean()) {
                return false;
            }
            decoder.blocks().get(layer).forward(state, rotary);
            report("layer." + layer, runs);
        }
        return true;
    }

    private void begin(Part part, KvRun run) {
        for (RotaryEmbedding.Table table : rotary) {
            table.prepare(run.row(), run.start(), run.tokens());
        }
        int hiddenSize = decoder.config().hiddenSize();
        for (int t = 0; t < run.tokens(); t++) {
            decoder.embed(kernels, part.tokens[part.from + t], state.hidden(), (run.row() + t) * hiddenSize);
        }
    }

    private void report(String name, List<KvRun> runs) {
        if (listener != null) {
            KvRun only = runs.getFirst();
            listener.onActivation(name, state.hidden(), only.start(), only.tokens());
        }
    }

    /**
     * Copies the last layer's output of the last pass's first tokens, before the final norm.
     *
     * @param states receives {@code [rows, hidden]} from the offset on
     */
    void copyStates(int rows, float[] states, int offset) {
        System.arraycopy(
                state.hidden(), 0, states, offset, rows * decoder.config().hiddenSize());
    }

    /**
     * The logits of the tokens that follow some of the last pass's.
     *
     * @param rows the rows of these tokens in the pass
     * @return {@code [rows, vocabulary]}, for one row exactly so long. The array is the pass's own: the caller may
     *     change it, the next call overwrites it
     */
    public float[] logits(int... rows) {
        int hiddenSize = decoder.config().hiddenSize();
        if (hidden.length < rows.length * hiddenSize) {
            hidden = new float[rows.length * hiddenSize];
        }
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(state.hidden(), rows[i] * hiddenSize, hidden, i * hiddenSize, hiddenSize);
        }
        float[] logits = rows.length == 1 ? oneRow : manyRows(rows.length);
        decoder.logits(kernels, hidden, logits, rows.length);
        return logits;
    }

    private float[] manyRows(int rows) {
        if (manyRows.length < rows * vocabSize()) {
            manyRows = new float[rows * vocabSize()];
        }
        return manyRows;
    }
}
