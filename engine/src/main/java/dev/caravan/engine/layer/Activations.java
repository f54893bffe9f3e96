package dev.caravan.engine.layer;

import dev.caravan.engine.kernel.Kernels;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The buffers that a pass of tokens goes through, allocated once. The tokens may belong to several sequences: all but
 * attention and rotary positions treats them alike. Confined to one thread at a time.
 *
 * <p>Letters: T tokens of the pass, H hidden size, Q heads times head size, K key-value heads times head size, F the
 * MLP's inner size.
 */
public final class Activations {

    /**
     * What the buffers are sized by.
     *
     * @param maxTokens the most tokens of a pass
     * @param contextTokens the longest sequence
     */
    public record Sizes(
            int layers,
            int hidden,
            int heads,
            int kvHeads,
            int headSize,
            int feedForward,
            int maxTokens,
            int contextTokens) {

        /** The bytes of all buffers. */
        public long scratchBytes() {
            long perToken = 3L * hidden + 2L * heads * headSize + 2L * kvHeads * headSize + 2L * feedForward;
            return Float.BYTES * (perToken * maxTokens + unpackedFloats(contextTokens));
        }

        /** Keys and values of one layer, unpacked. */
        private long unpackedFloats(int positions) {
            return 2L * kvHeads * headSize * positions;
        }

        /** What the keys and values of a token take. */
        public KvPagePool.Shape cacheShape(KvCacheType type) {
            return new KvPagePool.Shape(layers, kvHeads, headSize, type);
        }
    }

    final Kernels kernels;
    final AttentionScratch.Pool attentionScratch;

    /** The residual stream, [T, H]. */
    final float[] hidden;
    /** A norm's output and the next layer's input, [T, H]. */
    final float[] normed;
    /** What attention or the MLP adds to the residual stream, [T, H]. */
    final float[] projected;
    /** [T, Q]. */
    final float[] query;
    /** [T, K]. */
    final float[] key;
    /** [T, K]. */
    final float[] value;
    /** The heads' outputs before the output projection, [T, Q]. */
    final float[] attended;
    /** [T, F]. */
    final float[] gate;
    /** [T, F]. */
    final float[] up;

    private final Sizes sizes;
    private final AdapterRows adapterRows;
    private final int keyValueSize;
    private final KvRun[] runOfRow;
    private final int[] rowsOfShortRuns;
    private List<KvRun> runs = List.of();
    private int shortRowCount;
    private float[] unpackedKeys = new float[0];
    private float[] unpackedValues = new float[0];
    private float[] runQuery = new float[0];
    private float[] runAttended = new float[0];
    private int tokens;

    public Activations(Kernels kernels, Sizes sizes) {
        this.kernels = kernels;
        this.sizes = sizes;
        this.adapterRows = new AdapterRows(kernels);
        this.keyValueSize = sizes.kvHeads() * sizes.headSize();
        this.attentionScratch = new AttentionScratch.Pool(kernels, sizes.headSize());
        int maxTokens = sizes.maxTokens();
        this.runOfRow = new KvRun[maxTokens];
        this.rowsOfShortRuns = new int[maxTokens];
        this.hidden = new float[maxTokens * sizes.hidden()];
        this.normed = new float[maxTokens * sizes.hidden()];
        this.projected = new float[maxTokens * sizes.hidden()];
        this.query = new float[maxTokens * sizes.heads() * sizes.headSize()];
        this.key = new float[maxTokens * sizes.kvHeads() * sizes.headSize()];
        this.value = new float[maxTokens * sizes.kvHeads() * sizes.headSize()];
        this.attended = new float[maxTokens * sizes.heads() * sizes.headSize()];
        this.gate = new float[maxTokens * sizes.feedForward()];
        this.up = new float[maxTokens * sizes.feedForward()];
    }

    /**
     * Begins a pass.
     *
     * @param runs one for each sequence, their rows without gaps from 0 on
     */
    public void begin(List<KvRun> runs) {
        int rows = 0;
        int shortRows = 0;
        for (KvRun run : runs) {
            int end = rows + run.tokens();
            if (run.row() != rows || end > maxTokens()) {
                throw new IllegalArgumentException(
                        "a pass holds up to %d tokens without gaps, got %d in row %d after %d"
                                .formatted(maxTokens(), run.tokens(), run.row(), rows));
            }
            Arrays.fill(runOfRow, rows, end, run);
            for (int row = rows; row < end && CausalSelfAttention.isShort(run); row++) {
                rowsOfShortRuns[shortRows++] = row;
            }
            rows = end;
        }
        this.runs = List.copyOf(runs);
        this.adapterRows.begin(this.runs);
        this.shortRowCount = shortRows;
        this.tokens = rows;
    }

    /** Begins a pass of one whole text whose keys and values are not kept: for {@link BidirectionalSelfAttention}. */
    public void beginText(int tokens) {
        if (tokens < 1 || tokens > maxTokens()) {
            throw new IllegalArgumentException("a text of %d tokens, 1 to %d fit".formatted(tokens, maxTokens()));
        }
        this.runs = List.of();
        this.adapterRows.begin(this.runs);
        this.shortRowCount = 0;
        this.tokens = tokens;
    }

    /** The sequences' parts of the pass. */
    List<KvRun> runs() {
        return runs;
    }

    /** The tokens whose runs are short. */
    int shortRowCount() {
        return shortRowCount;
    }

    /** The row of one of the tokens whose runs are short. */
    int shortRow(int index) {
        return rowsOfShortRuns[index];
    }

    KvRun runOf(int row) {
        return runOfRow[row];
    }

    /** Room for the queries of a run that does not begin in row 0. */
    float[] runQuery(int size) {
        runQuery = runQuery.length < size ? new float[query.length] : runQuery;
        return runQuery;
    }

    /** Room for the heads' outputs of such a run. */
    float[] runAttended(int size) {
        runAttended = runAttended.length < size ? new float[attended.length] : runAttended;
        return runAttended;
    }

    /** Makes room for one layer's keys and values of so many positions, growing by doubling up to the whole context. */
    void reserveUnpacked(int positions) {
        if (unpackedKeys.length < positions * keyValueSize) {
            int room = Math.min(Integer.highestOneBit(positions) * 2, Math.max(positions, sizes.contextTokens()));
            unpackedKeys = new float[room * keyValueSize];
            unpackedValues = new float[room * keyValueSize];
        }
    }

    /** One layer's keys, {@code [positions, K]}. */
    float[] unpackedKeys() {
        return unpackedKeys;
    }

    /** One layer's values, {@code [positions, K]}. */
    float[] unpackedValues() {
        return unpackedValues;
    }

    public Kernels kernels() {
        return kernels;
    }

    /** The tokens of the pass. */
    public int tokens() {
        return tokens;
    }

    /** The most tokens of a pass. */
    public int maxTokens() {
        return sizes.maxTokens();
    }

    /** The residual stream, [T, H]. */
    public float[] hidden() {
        return hidden;
    }

    /** Norms the residual stream into the next layer's input. */
    public void norm(RmsNorm norm) {
        norm.forward(kernels, hidden, normed, tokens);
    }

    /**
     * Adds what the runs' adapters add to some of a layer's projections, all of which were just computed from the same
     * values.
     */
    void addAdapters(int layer, Projection... projections) {
        if (!adapterRows.isEmpty()) {
            adapterRows.add(this, layer, projections);
        }
    }

    /** What a projection reads, {@code [T, inputs]}. */
    float[] input(Projection projection) {
        return switch (projection) {
            case Q_PROJ, K_PROJ, V_PROJ, GATE_PROJ, UP_PROJ -> normed;
            case O_PROJ -> attended;
            case DOWN_PROJ -> gate;
        };
    }

    /** What a projection writes, {@code [T, outputs]}. */
    float[] output(Projection projection) {
        return switch (projection) {
            case Q_PROJ -> query;
            case K_PROJ -> key;
            case V_PROJ -> value;
            case GATE_PROJ -> gate;
            case UP_PROJ -> up;
            case O_PROJ, DOWN_PROJ -> projected;
        };
    }

    /** Adds what attention or the MLP left to the residual stream, normed where there is a norm. */
    public void addProjected(@Nullable RmsNorm norm) {
        if (norm != null) {
            norm.forward(kernels, projected, projected, tokens);
        }
        kernels.addScaled(1, projected, 0, hidden, 0, tokens * sizes.hidden());
    }
}
