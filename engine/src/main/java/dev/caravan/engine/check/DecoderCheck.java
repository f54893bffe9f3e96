package dev.caravan.engine.check;

import dev.caravan.engine.Checkpoints;
import dev.caravan.engine.LoadOptions;
import dev.caravan.engine.QuantizationConfig;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.generate.BatchScheduler;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.DecoderConfig;
import dev.caravan.engine.model.Decoders;
import dev.caravan.engine.model.WeightQuantizer;
import dev.caravan.engine.template.ChatTemplate;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The evidence about a causal language model. */
final class DecoderCheck {

    private final ModelCheck check;
    private final Checkpoint checkpoint;
    private final CheckOptions options;
    private @Nullable Decoder decoder;
    private @Nullable Tokenizer tokenizer;
    private boolean fits;

    DecoderCheck(ModelCheck check, Checkpoint checkpoint, CheckOptions options) {
        this.check = check;
        this.checkpoint = checkpoint;
        this.options = options;
    }

    void run() {
        check.part("file", this::file);
        check.part("tensors", this::tensors);
        check.part("tokenizer", this::tokenizer);
        check.part("chat template", this::template);
        check.part("memory", this::memory);
        sample();
        check.part("SHA-256", () -> check.add(Fingerprint.of(checkpoint.weightFiles())));
    }

    private void file() {
        String format = checkpoint instanceof GgufCheckpoint ? "GGUF" : "safetensors";
        check.add(Finding.ok(
                "file",
                "%s, %s in %s tensors"
                        .formatted(
                                format,
                                Shown.bytes(checkpoint.weightBytes()),
                                Shown.count(checkpoint.tensorNames().size()))));
    }

    private void tensors() {
        TensorKinds kinds = new TensorKinds(checkpoint);
        try {
            Decoder loaded = Decoders.load(checkpoint);
            decoder = loaded;
            check.add(architecture(loaded.config(), kinds.elements()));
            check.add(Finding.ok(
                            "tensors",
                            "%s: all %s were read, none is missing, none left over"
                                    .formatted(kinds.types(), Shown.count(kinds.tensors())))
                    .with(kinds.lines()));
        } finally {
            if (decoder == null) {
                check.add(Finding.warning("tensors", kinds.types() + "; they are:")
                        .with(kinds.lines()));
            }
        }
    }

    private Finding architecture(DecoderConfig config, long parameters) {
        return Finding.ok(
                "architecture",
                "%s, %s parameters: %d layers of %d, %d heads of %d with %d for keys and values, mlp %d, vocabulary %s, %s positions, %s"
                        .formatted(
                                config.architecture(),
                                Shown.count(parameters),
                                config.numHiddenLayers(),
                                config.hiddenSize(),
                                config.numAttentionHeads(),
                                config.headDim(),
                                config.numKeyValueHeads(),
                                config.intermediateSize(),
                                Shown.count(config.vocabSize()),
                                Shown.count(config.maxPositionEmbeddings()),
                                rope()));
    }

    private String rope() {
        JsonObject config = checkpoint.config();
        JsonObject parameters = config.object("rope_parameters")
                .or(() -> config.object("rope_scaling"))
                .orElse(config);
        boolean isDivided = checkpoint.findTensor("rope_freqs.weight").isPresent();
        String type = parameters.string("rope_type", parameters.string("type", "default"));
        return "rope " + (isDivided ? "with the file's factors" : type);
    }

    private void tokenizer() {
        Tokenizer loaded = Checkpoints.tokenizer(checkpoint);
        tokenizer = loaded;
        if (decoder != null) {
            check.add(TokenizerCheck.vocabulary(
                    loaded,
                    tokenizerKind(),
                    decoder.config().vocabSize(),
                    checkpoint.nameInFile("model.embed_tokens.weight")));
        }
        check.part("round trip", () -> check.add(TokenizerCheck.roundTrip(loaded)));
        check.part("special tokens", () -> check.add(TokenizerCheck.specials(loaded)));
        check.add(TokenizerCheck.ends(loaded));
    }

    private String tokenizerKind() {
        return switch (checkpoint) {
            case GgufCheckpoint gguf -> {
                String model = gguf.metadata().string("tokenizer.ggml.model");
                String before = gguf.metadata().string("tokenizer.ggml.pre", "");
                yield switch (model) {
                    case "llama" -> "SentencePiece BPE";
                    case "gpt2" -> "byte-level BPE (%s)".formatted(before);
                    default -> model;
                };
            }
            default -> "tokenizer.json";
        };
    }

    private void template() {
        Optional<ChatTemplate> template = Checkpoints.chatTemplate(checkpoint);
        if (template.isPresent()) {
            TemplateCheck.check(template.get()).forEach(check::add);
        } else {
            check.add(TemplateCheck.none());
        }
    }

    private void memory() {
        if (decoder == null) {
            return;
        }
        LoadOptions load = options.load();
        QuantizationConfig quantization = load.quantization();
        DecoderConfig config = decoder.config();
        int tokens = Math.min(config.maxPositionEmbeddings(), load.maxContextTokens());
        long weights = WeightQuantizer.loadedBytes(checkpoint, quantization);
        long session = BatchScheduler.bytes(config, BatchScheduler.Limits.least(tokens, load.kvCacheType()));
        String text = "%s: weights %s%s, a conversation of %s tokens %s; free are %s"
                .formatted(
                        Shown.bytes(weights + session),
                        Shown.bytes(weights),
                        quantization.isActive() ? " (" + name(quantization) + ")" : "",
                        Shown.count(tokens),
                        Shown.bytes(session),
                        Shown.bytes(load.memoryBudgetBytes()));
        fits = weights + session <= load.memoryBudgetBytes();
        check.add(
                fits
                        ? Finding.ok("memory", text)
                        : Finding.problem(
                                "memory",
                                text + "; free some, or quantise (--load-in-4bit, ./caravan models convert)"));
    }

    private static String name(QuantizationConfig quantization) {
        if (quantization.loadIn8bit()) {
            return "LLM.int8";
        }
        return quantization.bnb4bitQuantType() + (quantization.bnb4bitUseDoubleQuant() ? ", double quantisation" : "");
    }

    private void sample() {
        if (decoder == null || tokenizer == null || !fits) {
            check.add(Finding.warning("sample", "not tried, because of the problems above"));
            return;
        }
        check.part("sample", () -> SampleCheck.run(checkpoint.path(), options).forEach(check::add));
    }
}
