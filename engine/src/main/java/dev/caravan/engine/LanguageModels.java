package dev.caravan.engine;

import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.DecoderConfig;
import dev.caravan.engine.model.Decoders;
import dev.caravan.engine.template.ChatTemplate;
import dev.caravan.engine.template.GgufChatTemplates;
import dev.caravan.engine.template.PlainTemplate;
import dev.caravan.engine.tokenizer.GgufTokenizers;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Loads language models from GGUF files. */
public final class LanguageModels {
    private static final Logger log = LoggerFactory.getLogger(LanguageModels.class);

    /** The least context that is worth loading a model for, unless less was asked for: a question, a passage, an answer. */
    static final int MIN_CONTEXT_TOKENS = 1024;

    private LanguageModels() {}

    /**
     * Loads a model; its hash is computed in the background.
     *
     * @throws ModelFormatException if the file is damaged or holds a model that the engine cannot run
     * @throws OutOfMemoryBudgetException if the model does not fit the budget
     */
    public static LanguageModel load(Path gguf, LoadOptions options) {
        return load(gguf, options, "");
    }

    /**
     * Loads a model whose SHA-256 is known.
     *
     * @param weightHash SHA-256 of the file in hex, or the empty string to have it computed in the background
     * @throws ModelFormatException if the file is damaged or holds a model that the engine cannot run
     * @throws OutOfMemoryBudgetException if the model does not fit the budget
     */
    public static LanguageModel load(Path gguf, LoadOptions options, String weightHash) {
        long started = System.nanoTime();
        requireBudget(gguf, options);
        GgufCheckpoint file = GgufCheckpoint.open(gguf);
        boolean isLoaded = false;
        try {
            Decoder decoder = Decoders.load(file);
            int contextTokens = contextTokens(file, decoder.config(), options);
            Tokenizer tokenizer = GgufTokenizers.fromMetadata(file.metadata());
            requireVocabulary(file, decoder.config(), tokenizer);
            ChatTemplate template =
                    GgufChatTemplates.fromMetadata(file.metadata()).orElseGet(PlainTemplate::new);
            PromptEncoder encoder = new PromptEncoder(tokenizer, template);
            LanguageModel model = new GgufLanguageModel(
                    file, decoder, encoder, KernelProvider.create(options.threads()), contextTokens, weightHash);
            isLoaded = true;
            log.info(
                    "model={} architecture={} contextTokens={} weightBytes={} millis={}",
                    gguf.getFileName(),
                    model.architecture(),
                    contextTokens,
                    model.weightBytes(),
                    (System.nanoTime() - started) / 1_000_000);
            return model;
        } finally {
            if (!isLoaded) {
                file.close();
            }
        }
    }

    /** Before anything is mapped: the weights alone must fit. */
    private static void requireBudget(Path gguf, LoadOptions options) {
        if (!Files.isRegularFile(gguf)) {
            throw new ModelFormatException(gguf, "there is no such file; give the path of a .gguf model");
        }
        try {
            long bytes = Files.size(gguf);
            if (bytes > options.memoryBudgetBytes()) {
                throw new OutOfMemoryBudgetException(
                        "the model " + gguf.getFileName(), bytes, options.memoryBudgetBytes());
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + gguf, failure);
        }
    }

    /** The longest context that the model, the options and the memory allow, before any of it is allocated. */
    static int contextTokens(GgufCheckpoint file, DecoderConfig config, LoadOptions options) {
        int wanted = Math.min(config.maxPositionEmbeddings(), options.maxContextTokens());
        int least = Math.min(wanted, MIN_CONTEXT_TOKENS);
        long forSession = options.memoryBudgetBytes() - file.weightBytes();
        if (config.sessionBytes(least) > forSession) {
            throw new OutOfMemoryBudgetException(
                    "the model %s with a context of %d tokens"
                            .formatted(file.path().getFileName(), least),
                    file.weightBytes() + config.sessionBytes(least),
                    options.memoryBudgetBytes());
        }
        int fits = least;
        for (int step = Integer.highestOneBit(wanted); step > 0; step /= 2) {
            if (fits + step <= wanted && config.sessionBytes(fits + step) <= forSession) {
                fits += step;
            }
        }
        if (fits < wanted) {
            log.warn("contextTokens={} wanted={} reason=memory", fits, wanted);
        }
        return fits;
    }

    private static void requireVocabulary(GgufCheckpoint file, DecoderConfig config, Tokenizer tokenizer) {
        if (tokenizer.vocabSize() > config.vocabSize()) {
            throw new ModelFormatException(
                    file.path(),
                    "the tokenizer has %d tokens, token_embd.weight only %d; take a complete build of the model"
                            .formatted(tokenizer.vocabSize(), config.vocabSize()));
        }
    }
}
