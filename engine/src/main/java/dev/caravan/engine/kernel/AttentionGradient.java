package dev.caravan.engine.kernel;

import java.util.Arrays;

/**
 * The gradient of attention over packed sequences, block by block (Dao 2023; formulas in {@link ScalarPackedAttention}).
 * Probabilities are computed again from {@code logSumExp}, once for {@code dq} and once for {@code dk} and {@code dv}: a
 * third more work than in one walk, but every result belongs to one task and is summed in a fixed order.
 *
 * <p>Before the walks the queries and {@code dy} of each head are packed with {@link Tile#COLUMNS} tokens in the lanes,
 * {@code [block][head][headSize][COLUMNS]}, and of each token {@code logSumExp} and {@code delta}, {@code
 * [block][head][2][COLUMNS]}. Lanes without a token have an infinite logSumExp, so that their probabilities are 0.
 */
final class AttentionGradient {

    /** Keys that the walk for dq takes at a time. */
    private static final int KEYS = 128;
    /** Keys of a task for dk and dv; a multiple of {@link Tile#ROWS}. */
    private static final int KEY_BLOCK = 96;

    /** Arrays of a kind each, which calls leave to each other. */
    record Memory(Scratch packed, Scratch tokens, Scratch work) {}

    private final PackedAttention a;
    private final AttentionShape shape;
    private final int size;
    private final float[] dy;
    private final TokenBlocks queryBlocks;
    private final TokenBlocks keyBlocks;
    private final Memory memory;

    AttentionGradient(PackedAttention attention, float[] dy, Memory memory) {
        this.a = attention;
        this.shape = attention.shape();
        this.size = shape.headSize();
        this.dy = dy;
        this.queryBlocks = new TokenBlocks(attention, Tile.COLUMNS);
        this.keyBlocks = new TokenBlocks(attention, KEY_BLOCK);
        this.memory = memory;
    }

    void run(WorkerPool pool, float[] dq, float[] dk, float[] dv) {
        int tasks = queryBlocks.count() * shape.heads();
        float[] queries = memory.packed.borrow(Math.multiplyExact(tasks, size * Tile.COLUMNS));
        float[] slopes = memory.packed.borrow(Math.multiplyExact(tasks, size * Tile.COLUMNS));
        float[] tokens = memory.tokens.borrow(Math.multiplyExact(tasks, 2 * Tile.COLUMNS));
        pool.run(tasks, task -> pack(task / shape.heads(), task % shape.heads(), queries, slopes, tokens));
        // The last queries see most keys, the first keys are seen by most queries: the longest tasks go first.
        pool.run(tasks, task -> {
            int last = tasks - 1 - task;
            queryGradient(last / shape.heads(), last % shape.heads(), queries, slopes, tokens, dq);
        });
        pool.run(keyBlocks.count() * shape.keyValueHeads(), task -> {
            int block = task / shape.keyValueHeads();
            keyGradient(block, task % shape.keyValueHeads(), queries, slopes, tokens, dk, dv);
        });
        memory.packed.giveBack(queries);
        memory.packed.giveBack(slopes);
        memory.tokens.giveBack(tokens);
    }

    /** Where the packed queries, or slopes, of a block and head stand. */
    private int packed(int block, int head) {
        return (block * shape.heads() + head) * size * Tile.COLUMNS;
    }

    /** Where logSumExp stands; delta follows. */
    private int packedTokens(int block, int head) {
        return (block * shape.heads() + head) * 2 * Tile.COLUMNS;
    }

    private int query(int row, int head) {
        return row * shape.querySize() + head * size;
    }

    private int key(int row, int keyHead) {
        return row * shape.keyValueSize() + keyHead * size;
    }

    private void pack(int block, int head, float[] queries, float[] slopes, float[] tokens) {
        int to = packed(block, head);
        int logs = packedTokens(block, head);
        int count = queryBlocks.tokens(block);
        Arrays.fill(tokens, logs + count, logs + Tile.COLUMNS, Float.POSITIVE_INFINITY);
        Arrays.fill(tokens, logs + Tile.COLUMNS + count, logs + 2 * Tile.COLUMNS, 0);
        if (count < Tile.COLUMNS) {
            Arrays.fill(queries, to, to + size * Tile.COLUMNS, 0);
            Arrays.fill(slopes, to, to + size * Tile.COLUMNS, 0);
        }
        for (int c = 0; c < count; c++) {
            int row = queryBlocks.row(block) + c;
            int from = query(row, head);
            tokens[logs + c] = a.logSumExp()[row * shape.heads() + head];
            tokens[logs + Tile.COLUMNS + c] = VectorMath.dot(dy, from, a.y(), from, size);
            intoLane(a.q(), from, queries, to + c, shape.scale());
            intoLane(dy, from, slopes, to + c, 1);
        }
    }

    private void intoLane(float[] x, int from, float[] y, int to, float factor) {
        for (int i = 0; i < size; i++) {
            y[to + i * Tile.COLUMNS] = x[from + i] * factor;
        }
    }

    /** Scratch: probabilities and gradients of scores, {@code [KEYS, COLUMNS]}, and sums {@code [COLUMNS, headSize]}. */
    private void queryGradient(int block, int head, float[] queries, float[] slopes, float[] tokens, float[] dq) {
        int gradients = KEYS * Tile.COLUMNS;
        int sums = 2 * gradients;
        float[] work = memory.work.borrow(sums + Tile.COLUMNS * size);
        Arrays.fill(work, sums, sums + Tile.COLUMNS * size, 0);
        int start = a.start(queryBlocks.sequence(block));
        int first = queryBlocks.first(block);
        int count = queryBlocks.tokens(block);
        int end = first + count;
        int stride = shape.keyValueSize();
        for (int k = shape.firstKey(first); k < end; k += KEYS) {
            int keys = Math.min(KEYS, end - k);
            scoreGradients(block, head, k, keys, queries, slopes, tokens, work, gradients);
            int from = key(start + k, head / a.group());
            for (int i = 0; i < size; i += Tile.COLUMNS) {
                for (int c = 0; c < Tile.COLUMNS; c += 4) {
                    int to = sums + c * size + i;
                    Tile.addFourTimesLanes(work, gradients + c, a.k(), from + i, stride, keys, work, to, size);
                }
            }
        }
        for (int c = 0; c < count; c++) {
            scaled(work, sums + c * size, shape.scale(), dq, query(start + first + c, head));
        }
        memory.work.giveBack(work);
    }

    /**
     * The probabilities, from 0 of {@code work} on, and the gradients of the scores, from {@code gradients} on, of a block
     * of queries and some keys of its sequence.
     */
    private void scoreGradients(
            int block,
            int head,
            int firstKey,
            int keys,
            float[] queries,
            float[] slopes,
            float[] tokens,
            float[] work,
            int gradients) {
        int from = key(a.start(queryBlocks.sequence(block)) + firstKey, head / a.group());
        int stride = shape.keyValueSize();
        int packed = packed(block, head);
        int logs = packedTokens(block, head);
        Scores.products(queries, packed, a.k(), from, stride, keys, size, work, 0);
        Scores.mask(shape, queryBlocks.first(block), firstKey, keys, work, 0);
        Scores.probabilities(work, 0, keys, tokens, logs);
        Scores.products(slopes, packed, a.v(), from, stride, keys, size, work, gradients);
        Scores.gradients(work, 0, gradients, keys, tokens, logs + Tile.COLUMNS);
    }

    /**
     * Scratch: probabilities and gradients of scores, {@code [KEY_BLOCK, COLUMNS]}, then the sums of dk and of dv, {@code
     * [KEY_BLOCK, headSize]}. Rows behind the last key hold anything and are not stored.
     */
    private void keyGradient(
            int block, int keyHead, float[] queries, float[] slopes, float[] tokens, float[] dk, float[] dv) {
        int gradients = KEY_BLOCK * Tile.COLUMNS;
        int keySums = 2 * gradients;
        int valueSums = keySums + KEY_BLOCK * size;
        float[] work = memory.work.borrow(valueSums + KEY_BLOCK * size);
        Arrays.fill(work, keySums, valueSums + KEY_BLOCK * size, 0);
        int sequence = keyBlocks.sequence(block);
        int firstKey = keyBlocks.first(block);
        int keys = keyBlocks.tokens(block);
        int lastToken = a.length(sequence) - 1;
        int lastKey = firstKey + keys - 1;
        int lastQuery = shape.before() < lastToken - lastKey ? lastKey + shape.before() : lastToken;
        for (int head = keyHead * a.group(); head < (keyHead + 1) * a.group(); head++) {
            for (int b = queryBlocks.of(sequence, firstKey); b <= queryBlocks.of(sequence, lastQuery); b++) {
                scoreGradients(b, head, firstKey, keys, queries, slopes, tokens, work, gradients);
                int from = query(queryBlocks.row(b), head);
                addRows(work, 0, keys, dy, from, queryBlocks.tokens(b), work, valueSums);
                addRows(work, gradients, keys, a.q(), from, queryBlocks.tokens(b), work, keySums);
            }
        }
        for (int r = 0; r < keys; r++) {
            int to = key(keyBlocks.row(block) + r, keyHead);
            scaled(work, keySums + r * size, shape.scale(), dk, to);
            scaled(work, valueSums + r * size, 1, dv, to);
        }
        memory.work.giveBack(work);
    }

    /** {@code sums[key] += Σ_t factors[key][t] * x[t]} for all keys. */
    private void addRows(float[] work, int factors, int keys, float[] x, int from, int tokens, float[] out, int sums) {
        for (int i = 0; i < size; i += Tile.COLUMNS) {
            for (int r = 0; r < keys; r += Tile.ROWS) {
                int with = factors + r * Tile.COLUMNS;
                Tile.addRowsTimesLanes(
                        x,
                        from + i,
                        shape.querySize(),
                        work,
                        with,
                        Tile.COLUMNS,
                        tokens,
                        out,
                        sums + r * size + i,
                        size);
            }
        }
    }

    private void scaled(float[] x, int from, float factor, float[] y, int to) {
        for (int i = 0; i < size; i += Lanes.COUNT) {
            Lanes.floats(x, from + i).mul(factor).intoArray(y, to + i);
        }
    }
}
