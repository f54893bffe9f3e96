package dev.caravan.engine.layer;

import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;

/** The buffers of one attention task. Not shared between tasks that run at the same time. */
final class AttentionScratch {

    /** The rows (queries of one key-value head) that a task works on together; each tile of keys is read once for all. */
    static final int ROWS = 32;

    /** Scores grow by so many positions at a time. */
    private static final int GROWTH = 1024;

    /** Tasks that may run at once, for the memory budget. */
    private static final int EXPECTED_TASKS = 2;

    final short[] half;
    final float[] tile;
    private float[] scores = new float[0];

    private AttentionScratch(int headSize) {
        half = new short[KvCache.PAGE_TOKENS * headSize];
        tile = new float[KvCache.PAGE_TOKENS * headSize];
    }

    /** The floats that a session's scratch takes at most. */
    static long floats(int headSize, int contextTokens) {
        long perTask = 2L * KvCache.PAGE_TOKENS * headSize + (long) ROWS * (contextTokens + GROWTH);
        return EXPECTED_TASKS * perTask;
    }

    /** Room for {@link #ROWS} rows of at least so many positions. */
    float[] scores(int positions) {
        int needed = ROWS * positions;
        if (scores.length < needed) {
            scores = Arrays.copyOf(scores, ROWS * (positions / GROWTH + 1) * GROWTH);
        }
        return scores;
    }

    /** As many scratches as tasks ever ran at once. Thread-safe. */
    static final class Pool {
        private final int headSize;
        private final ConcurrentLinkedQueue<AttentionScratch> idle = new ConcurrentLinkedQueue<>();

        Pool(int headSize) {
            this.headSize = headSize;
        }

        AttentionScratch take() {
            AttentionScratch scratch = idle.poll();
            return scratch == null ? new AttentionScratch(headSize) : scratch;
        }

        void giveBack(AttentionScratch scratch) {
            idle.add(scratch);
        }
    }
}
