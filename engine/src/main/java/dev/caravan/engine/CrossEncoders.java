package dev.caravan.engine;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.safetensors.SafetensorsCheckpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.model.Encoders;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads {@link CrossEncoder}s: {@code XLMRobertaForSequenceClassification} (bge-reranker-v2-m3) and
 * {@code BertForSequenceClassification} with one output, from a folder of safetensors; the first from GGUF too.
 */
public final class CrossEncoders {
    private static final Logger log = LoggerFactory.getLogger(CrossEncoders.class);

    private CrossEncoders() {}

    /**
     * Loads a cross-encoder on all processors.
     *
     * @param path a model's folder or a GGUF file
     * @throws ModelFormatException if a file is missing, truncated, corrupt or holds another kind of model
     */
    public static CrossEncoder load(Path path) {
        return load(path, Runtime.getRuntime().availableProcessors());
    }

    /**
     * Loads a cross-encoder.
     *
     * @param threads how many compute at once, the caller's included
     * @throws ModelFormatException if a file is missing, truncated, corrupt or holds another kind of model
     */
    public static CrossEncoder load(Path path, int threads) {
        return load(path, KernelProvider.create(threads));
    }

    /** Takes over the kernels, also when it fails. */
    static LoadedCrossEncoder load(Path path, Kernels kernels) {
        long started = System.nanoTime();
        Checkpoint checkpoint = null;
        boolean isLoaded = false;
        try {
            checkpoint = Checkpoints.open(path);
            Encoders.RankingModel model = Encoders.ranking(checkpoint);
            int stated =
                    checkpoint instanceof SafetensorsCheckpoint folder ? SentenceModules.maxTokens(folder.folder()) : 0;
            int most = EncoderFiles.maxTokens(checkpoint, model.encoder().maxTokens(), stated);
            EncoderTokenizer tokenizer = EncoderFiles.tokenizer(checkpoint, model.encoder(), most);
            LoadedCrossEncoder encoder = new LoadedCrossEncoder(
                    EncoderFiles.name(checkpoint), model, tokenizer, kernels, List.of(checkpoint));
            isLoaded = true;
            log.info(
                    "crossEncoder={} maxTokens={} millis={}",
                    encoder.modelName(),
                    encoder.maxTokens(),
                    (System.nanoTime() - started) / 1_000_000);
            return encoder;
        } finally {
            if (!isLoaded) {
                kernels.close();
                OwnedFiles.close(checkpoint == null ? List.of() : List.of(checkpoint));
            }
        }
    }
}
