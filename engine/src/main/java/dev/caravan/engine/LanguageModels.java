package dev.caravan.engine;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.generate.BatchScheduler;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.model.DecoderConfig;
import dev.caravan.engine.model.WeightQuantizer;
import dev.caravan.engine.template.PlainTemplate;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Loads language models from GGUF files and from folders of safetensors. */
public final class LanguageModels {
    private static final Logger log = LoggerFactory.getLogger(LanguageModels.class);

    private LanguageModels() {}

    /**
     * Loads a model; its hash is computed in the background.
     *
     * @throws ModelFormatException if the file is damaged or holds a model that the engine cannot run
     * @throws OutOfMemoryBudgetException if the model does not fit the budget
     */
    public static LanguageModel load(Path path, LoadOptions options) {
        return load(path, options, "");
    }

    /**
     * Loads a model whose SHA-256 is known.
     *
     * @param weightHash SHA-256 of the file in hex, or the empty string to have it computed in the background
     * @throws ModelFormatException if the file is damaged or holds a model that the engine cannot run
     * @throws OutOfMemoryBudgetException if the model does not fit the budget
     */
    public static LanguageModel load(Path path, LoadOptions options, String weightHash) {
        long started = System.nanoTime();
        Checkpoint checkpoint = Checkpoints.open(path);
        Kernels kernels = null;
        LoadedDecoder loaded = null;
        boolean isLoaded = false;
        try {
            requireBudget(checkpoint, options);
            PromptEncoder encoder = new PromptEncoder(
                    Checkpoints.tokenizer(checkpoint),
                    Checkpoints.chatTemplate(checkpoint).orElseGet(PlainTemplate::new));
            kernels = KernelProvider.create(options.threads());
            loaded = LoadedDecoder.load(checkpoint, options.quantization(), kernels);
            requireVocabulary(checkpoint, loaded.decoder().config(), encoder.tokenizer());
            BatchScheduler.Limits limits = GenerationLimits.of(loaded, options);
            LanguageModel model = new LoadedLanguageModel(loaded, encoder, kernels, limits, weightHash);
            isLoaded = true;
            log.info(
                    "model={} architecture={} contextTokens={} cachePages={} weightBytes={} millis={}",
                    path.getFileName(),
                    model.architecture(),
                    limits.contextTokens(),
                    limits.cachePages(),
                    model.weightBytes(),
                    (System.nanoTime() - started) / 1_000_000);
            return model;
        } finally {
            if (!isLoaded) {
                close(checkpoint, loaded, kernels);
            }
        }
    }

    private static void close(Checkpoint checkpoint, @Nullable LoadedDecoder loaded, @Nullable Kernels kernels) {
        if (loaded == null) {
            checkpoint.close();
        } else {
            loaded.close();
        }
        if (kernels != null) {
            kernels.close();
        }
    }

    /** Before anything is allocated: the weights alone must fit. */
    private static void requireBudget(Checkpoint checkpoint, LoadOptions options) {
        long bytes = WeightQuantizer.loadedBytes(checkpoint, options.quantization());
        if (bytes > options.memoryBudgetBytes()) {
            throw new OutOfMemoryBudgetException(
                    "the model " + checkpoint.path().getFileName(), bytes, options.memoryBudgetBytes());
        }
    }

    private static void requireVocabulary(Checkpoint file, DecoderConfig config, Tokenizer tokenizer) {
        if (tokenizer.vocabSize() > config.vocabSize()) {
            throw new ModelFormatException(
                    file.path(),
                    "the tokenizer has %d tokens, %s only %d; take a complete build of the model"
                            .formatted(
                                    tokenizer.vocabSize(),
                                    file.nameInFile("model.embed_tokens.weight"),
                                    config.vocabSize()));
        }
    }
}
