package dev.caravan.engine;

import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.model.EncoderInput;
import dev.caravan.engine.model.EncoderPass;
import dev.caravan.engine.model.Encoders.RankingModel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A {@link RankingModel} as a {@link CrossEncoder}. Owns the files and the kernels. Batches are computed one after another,
 * callers in the order in which they came.
 */
final class LoadedCrossEncoder implements CrossEncoder {

    /** The tokens of one batch: the most that a caller waits for. */
    private static final int BATCH_TOKENS = 512;

    private final String modelName;
    private final RankingModel model;
    private final EncoderTokenizer tokenizer;
    private final Kernels kernels;
    private final List<AutoCloseable> files;

    /** Guards the pass and {@code closed}. */
    private final ReentrantLock turn = new ReentrantLock(true);

    private final EncoderPass pass;
    private boolean closed;

    LoadedCrossEncoder(
            String modelName,
            RankingModel model,
            EncoderTokenizer tokenizer,
            Kernels kernels,
            List<AutoCloseable> files) {
        this.modelName = modelName;
        this.model = model;
        this.tokenizer = tokenizer;
        this.kernels = kernels;
        this.files = List.copyOf(files);
        this.pass = model.encoder().newPass(kernels);
    }

    @Override
    public String modelName() {
        return modelName;
    }

    @Override
    public int maxTokens() {
        return tokenizer.maxTokens();
    }

    /** What the encoder sees of a pair. */
    EncoderInput input(String query, String passage) {
        return tokenizer.encode(query, passage);
    }

    @Override
    public float[] score(String query, List<String> passages) {
        float[] scores = new float[passages.size()];
        List<EncoderInput> batch = new ArrayList<>();
        int batchTokens = 0;
        for (int i = 0; i < scores.length; i++) {
            EncoderInput pair = input(query, passages.get(i));
            if (!batch.isEmpty() && batchTokens + pair.ids().length > BATCH_TOKENS) {
                scoreBatch(batch, scores, i - batch.size());
                batch.clear();
                batchTokens = 0;
            }
            batch.add(pair);
            batchTokens += pair.ids().length;
        }
        if (!batch.isEmpty()) {
            scoreBatch(batch, scores, scores.length - batch.size());
        }
        return scores;
    }

    private void scoreBatch(List<EncoderInput> batch, float[] scores, int first) {
        turn.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the cross-encoder is closed");
            }
            float[] states = pass.run(batch);
            int start = 0;
            for (int i = 0; i < batch.size(); i++) {
                scores[first + i] = model.head().score(kernels, states, start);
                start += batch.get(i).ids().length;
            }
        } finally {
            turn.unlock();
        }
    }

    /** Waits for the batch that is being computed. */
    @Override
    public void close() {
        turn.lock();
        try {
            if (!closed) {
                closed = true;
                kernels.close();
                OwnedFiles.close(files);
            }
        } finally {
            turn.unlock();
        }
    }
}
