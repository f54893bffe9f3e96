package dev.caravan.engine;

import dev.caravan.engine.EncoderOptions.Prompts;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.model.Encoder;
import dev.caravan.engine.model.EncoderInput;
import dev.caravan.engine.model.EncoderPass;
import dev.caravan.engine.model.SentenceHead;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An {@link Encoder} as a {@link TextEncoder}: prompt, tokens, states, one unit vector. Owns the files and the kernels.
 * Batches are computed one after another, callers in the order in which they came, so that a question waits for one batch
 * of an ingestion and not for all of them.
 */
final class LoadedTextEncoder implements TextEncoder {

    /** The tokens of one batch: the most that a caller waits for. */
    private static final int BATCH_TOKENS = 512;

    /**
     * What makes up a text encoder.
     *
     * @param path named in errors
     */
    record Parts(
            String modelName,
            Path path,
            Encoder encoder,
            EncoderTokenizer tokenizer,
            SentenceHead head,
            Prompts prompts) {}

    private final Parts parts;
    private final Kernels kernels;
    private final List<AutoCloseable> files;

    /** Guards the pass and {@code closed}. */
    private final ReentrantLock turn = new ReentrantLock(true);

    private final EncoderPass pass;
    private boolean closed;

    /** @param files what the weights lie in, closed with the encoder */
    LoadedTextEncoder(Parts parts, Kernels kernels, List<AutoCloseable> files) {
        this.parts = parts;
        this.kernels = kernels;
        this.files = List.copyOf(files);
        this.pass = parts.encoder.newPass(kernels);
    }

    @Override
    public String modelName() {
        return parts.modelName;
    }

    @Override
    public int dimension() {
        return parts.head.dimensions();
    }

    @Override
    public int maxTokens() {
        return parts.tokenizer.maxTokens();
    }

    /** What is put before a text of this kind. */
    String prompt(InputKind kind) {
        return parts.prompts.before(kind);
    }

    @Override
    public int countTokens(String text) {
        return parts.tokenizer.countTokens(text);
    }

    @Override
    public List<float[]> embed(List<String> texts, InputKind kind) {
        List<float[]> vectors = new ArrayList<>(texts.size());
        List<EncoderInput> batch = new ArrayList<>();
        int batchTokens = 0;
        for (String text : texts) {
            EncoderInput input = input(text, kind);
            if (!batch.isEmpty() && batchTokens + input.ids().length > BATCH_TOKENS) {
                embedBatch(batch, vectors);
                batch.clear();
                batchTokens = 0;
            }
            batch.add(input);
            batchTokens += input.ids().length;
        }
        if (!batch.isEmpty()) {
            embedBatch(batch, vectors);
        }
        return vectors;
    }

    /** The ids that the encoder sees: prompt and text as far as they fit, between special tokens. */
    int[] tokens(String text, InputKind kind) {
        return input(text, kind).ids();
    }

    private EncoderInput input(String text, InputKind kind) {
        return parts.tokenizer.encode(prompt(kind) + text);
    }

    private void embedBatch(List<EncoderInput> batch, List<float[]> vectors) {
        turn.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the text encoder is closed");
            }
            float[] states = pass.run(batch);
            int start = 0;
            for (EncoderInput text : batch) {
                int hidden = parts.encoder.hiddenSize();
                float[] vector = parts.head.vector(kernels, states, start, text.ids().length, hidden);
                if (vector == null) {
                    throw new ModelFormatException(
                            parts.path,
                            "the weights give vectors without a length; the file is damaged, fetch it again");
                }
                vectors.add(vector);
                start += text.ids().length;
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
