package dev.caravan.engine;

import dev.caravan.engine.EncoderOptions.Prompts;
import dev.caravan.engine.SentenceModules.DenseModule;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.e5.E5Checkpoint;
import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.format.safetensors.SafetensorsCheckpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.model.Encoders;
import dev.caravan.engine.model.Pooling;
import dev.caravan.engine.model.SentenceHead;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads {@link TextEncoder}s from a folder of safetensors as sentence-transformers writes it, from a GGUF file, or from the
 * packed file of multilingual-e5-small.
 *
 * <p>Prompts are, in this order: what the options state; {@code config_sentence_transformers.json} in the folder or beside
 * the GGUF file; for models of the e5 family, known by their name, {@code "query: "} and {@code "passage: "}; none. Which
 * it is stands in the log.
 */
public final class TextEncoders {
    private static final Logger log = LoggerFactory.getLogger(TextEncoders.class);

    /** multilingual-e5-small, e5-base-v2; neither e5-mistral nor the instruct models, which have instructions instead. */
    private static final Pattern E5_NAME =
            Pattern.compile("(^|.*[-_/ ])e5[-_ ](small|base|large)(?!.*instruct)([-_ .].*)?", Pattern.CASE_INSENSITIVE);

    private TextEncoders() {}

    /**
     * Loads an embedding model on all processors.
     *
     * @param path a model's folder, a GGUF file, or the packed 4-bit file of multilingual-e5-small
     * @throws ModelFormatException if the file is missing, truncated, corrupt or of another format
     */
    public static TextEncoder load(Path path) {
        return load(path, EncoderOptions.defaults());
    }

    /**
     * Loads an embedding model.
     *
     * @throws ModelFormatException if a file is missing, truncated, corrupt, of another format or says something that is
     *     not supported
     */
    public static TextEncoder load(Path path, EncoderOptions options) {
        return load(path, options, KernelProvider.create(options.threads()));
    }

    /**
     * Loads an embedding model.
     *
     * @param threads how many compute at once, the caller's included
     * @throws ModelFormatException as {@link #load(Path, EncoderOptions)}
     */
    public static TextEncoder load(Path path, int threads) {
        return load(path, EncoderOptions.defaults().withThreads(threads));
    }

    /** Takes over the kernels, also when it fails. */
    static LoadedTextEncoder load(Path path, EncoderOptions options, Kernels kernels) {
        long started = System.nanoTime();
        List<AutoCloseable> files = new ArrayList<>();
        boolean isLoaded = false;
        try {
            Checkpoint checkpoint = Checkpoints.isPackedE5(path) ? E5Checkpoint.open(path) : Checkpoints.open(path);
            files.add(checkpoint);
            Loader loader = new Loader(checkpoint, options, files);
            LoadedTextEncoder encoder = new LoadedTextEncoder(loader.parts(), kernels, files);
            isLoaded = true;
            log.info(
                    "encoder={} dimension={} maxTokens={} prompts={} millis={}",
                    encoder.modelName(),
                    encoder.dimension(),
                    encoder.maxTokens(),
                    loader.promptsFrom,
                    (System.nanoTime() - started) / 1_000_000);
            return encoder;
        } finally {
            if (!isLoaded) {
                kernels.close();
                OwnedFiles.close(files);
            }
        }
    }

    /** One load: the checkpoint, and what its side files and the options say. */
    private static final class Loader {
        private final Checkpoint checkpoint;
        private final EncoderOptions options;
        private final List<AutoCloseable> files;
        private String promptsFrom = "none";

        Loader(Checkpoint checkpoint, EncoderOptions options, List<AutoCloseable> files) {
            this.checkpoint = checkpoint;
            this.options = options;
            this.files = files;
        }

        LoadedTextEncoder.Parts parts() {
            Encoders.EmbeddingModel model = Encoders.embedding(checkpoint);
            int limit = EncoderFiles.maxTokens(checkpoint, model.encoder().maxTokens(), options.maxTokens());
            String name;
            EncoderTokenizer tokenizer;
            SentenceHead head;
            switch (checkpoint) {
                case E5Checkpoint file -> {
                    name = PackedE5.modelName(model.encoder(), file.config().integer("num_hidden_layers"));
                    tokenizer = PackedE5.tokenizer(file, limit);
                    head = head(model, Pooling.MEAN);
                }
                case SafetensorsCheckpoint folder -> {
                    name = EncoderFiles.name(checkpoint);
                    SentenceModules modules = SentenceModules.read(folder.folder());
                    int most = modules.maxTokens() == 0 ? limit : Math.min(limit, modules.maxTokens());
                    tokenizer = EncoderFiles.tokenizer(checkpoint, model.encoder(), most);
                    List<SentenceHead.Dense> dense = new ArrayList<>(model.dense());
                    for (DenseModule module : modules.dense()) {
                        dense.add(DenseModules.open(module, files));
                    }
                    head = head(new Encoders.EmbeddingModel(model.encoder(), dense), modules.pooling());
                }
                default -> {
                    name = EncoderFiles.name(checkpoint);
                    tokenizer = EncoderFiles.tokenizer(checkpoint, model.encoder(), limit);
                    head = head(model, pooling((GgufCheckpoint) checkpoint));
                    warnOfMissingDense(model);
                }
            }
            Prompts prompts = prompts(name);
            boolean isShortened = options.dimensions() > 0;
            String recorded = isShortened ? "%s-%dd".formatted(name, head.dimensions()) : name;
            return new LoadedTextEncoder.Parts(recorded, checkpoint.path(), model.encoder(), tokenizer, head, prompts);
        }

        private SentenceHead head(Encoders.EmbeddingModel model, @Nullable Pooling stated) {
            Pooling pooling = options.pooling() != null ? options.pooling() : stated;
            if (pooling == null) {
                throw refused(
                        "the model's files do not say how states become a vector (1_Pooling/config.json or pooling_type); take the model's whole folder, or state the pooling");
            }
            int inputs = model.encoder().hiddenSize();
            for (SentenceHead.Dense dense : model.dense()) {
                if (dense.linear().weight().columns() != inputs) {
                    throw refused("a dense module takes %d values where it gets %d; take a complete build of the model"
                            .formatted(dense.linear().weight().columns(), inputs));
                }
                inputs = dense.linear().weight().rows();
            }
            if (options.dimensions() > inputs) {
                throw new IllegalArgumentException(
                        "%d dimensions were asked for, the model has %d".formatted(options.dimensions(), inputs));
            }
            return new SentenceHead(pooling, model.dense(), options.dimensions() == 0 ? inputs : options.dimensions());
        }

        /** Source: gguf-py's PoolingType. */
        private @Nullable Pooling pooling(GgufCheckpoint file) {
            String key = file.metadata().string("general.architecture") + ".pooling_type";
            int type = file.metadata().integer(key, 0);
            return switch (type) {
                case 0 -> null;
                case 1 -> Pooling.MEAN;
                case 2 -> Pooling.CLS;
                case 3 -> Pooling.LAST_TOKEN;
                default ->
                    throw refused(
                            "the key %s holds %d, which is not supported for vectors; supported are 1 (mean), 2 (cls) and 3 (last)"
                                    .formatted(key, type));
            };
        }

        private void warnOfMissingDense(Encoders.EmbeddingModel model) {
            if (model.encoder().architecture().equals("gemma-embedding")
                    && model.dense().isEmpty()) {
                log.warn(
                        "event=dense_layers_missing path={} its vectors differ from the original model's; take its safetensors",
                        checkpoint.path().getFileName());
            }
        }

        private Prompts prompts(String name) {
            if (options.prompts() != null) {
                promptsFrom = "options";
                return options.prompts();
            }
            if (checkpoint instanceof E5Checkpoint || E5_NAME.matcher(name).matches()) {
                Optional<Prompts> stated =
                        checkpoint instanceof E5Checkpoint ? Optional.empty() : EncoderFiles.prompts(checkpoint);
                promptsFrom = stated.isPresent() ? "files" : "e5";
                return stated.orElse(PackedE5.PROMPTS);
            }
            Optional<Prompts> stated = EncoderFiles.prompts(checkpoint);
            promptsFrom = stated.isPresent() ? "files" : "none";
            return stated.orElse(Prompts.NONE);
        }

        private ModelFormatException refused(String problem) {
            return new ModelFormatException(checkpoint.path(), problem);
        }
    }
}
