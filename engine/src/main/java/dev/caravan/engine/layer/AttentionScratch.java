package dev.caravan.engine.layer;

import dev.caravan.engine.kernel.Kernels;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;

/** The buffers of one attention task. Not shared between tasks that run at the same time. */
final class AttentionScratch {

    /** Scores grow by so many values at a time. */
    private static final int GROWTH = 4096;

    final Kernels kernels;
    final short[] half;
    final float[] tile;
    private float[] scores = new float[0];

    private AttentionScratch(Kernels kernels, int headSize) {
        this.kernels = kernels;
        half = new short[KvPagePool.PAGE_TOKENS * headSize];
        tile = new float[KvPagePool.PAGE_TOKENS * headSize];
    }

    /** Room for at least so many scores. */
    float[] scores(int count) {
        if (scores.length < count) {
            scores = Arrays.copyOf(scores, (count / GROWTH + 1) * GROWTH);
        }
        return scores;
    }

    /** As many scratches as tasks ever ran at once. Thread-safe. */
    static final class Pool {
        private final Kernels kernels;
        private final int headSize;
        private final ConcurrentLinkedQueue<AttentionScratch> idle = new ConcurrentLinkedQueue<>();

        Pool(Kernels kernels, int headSize) {
            this.kernels = kernels;
            this.headSize = headSize;
        }

        AttentionScratch take() {
            AttentionScratch scratch = idle.poll();
            return scratch == null ? new AttentionScratch(kernels, headSize) : scratch;
        }

        void giveBack(AttentionScratch scratch) {
            idle.add(scratch);
        }
    }
}
