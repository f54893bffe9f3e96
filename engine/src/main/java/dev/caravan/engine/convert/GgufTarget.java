package dev.caravan.engine.convert;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.RowOrder;
import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.format.gguf.GgufNames;
import dev.caravan.engine.format.gguf.GgufValue;
import dev.caravan.engine.format.gguf.GgufWriter;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A GGUF file that llama.cpp and Caravan read. */
final class GgufTarget implements ConversionTarget {

    private static final String OUTPUT = "lm_head.weight";
    private static final String EMBEDDINGS = "model.embed_tokens.weight";
    private static final String TEMPLATE = "tokenizer.chat_template";
    private static final int TEMPLATE_BYTES_MAX = 4 << 20;
    private static final int LAYERS_27B = 62;

    private final SourceModel source;
    private final Path target;
    private final ConversionOptions options;
    private final List<TensorPlan> tensors = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final Map<String, GgufValue> keys = new LinkedHashMap<>();

    GgufTarget(SourceModel source, Path target, ConversionOptions options) {
        this.source = source;
        this.target = target;
        this.options = options;
        requireSayable();
        planTensors();
        if (!(source.checkpoint() instanceof GgufCheckpoint)) {
            planKeys();
        }
    }

    /** What GGUF has no key for, and llama.cpp takes as given. */
    private void requireSayable() {
        JsonObject config = source.values();
        if (source.isGemma() && !(source.checkpoint() instanceof GgufCheckpoint)) {
            int headDim = source.config().headDim();
            boolean isScaledOtherwise = config.number("query_pre_attn_scalar", headDim) != headDim
                    && source.config().numHiddenLayers() != LAYERS_27B;
            if (isScaledOtherwise) {
                throw config.refused(
                        "query_pre_attn_scalar is not the head size, which GGUF cannot say for this model");
            }
        }
        if (config.has("sliding_window")
                && !source.isGemma()
                && config.flag("use_sliding_window", true)
                && config.integer("sliding_window") < source.config().maxPositionEmbeddings()) {
            notes.add("the model looks back %d tokens only; GGUF's %s has no window, so longer texts give other answers"
                    .formatted(config.integer("sliding_window"), source.ggufArchitecture()));
        }
    }

    private void planTensors() {
        GgufNames names = GgufNames.ofArchitecture(source.ggufArchitecture());
        boolean adjacent = source.ggufArchitecture().equals("llama");
        RopeFactors.tensor(source)
                .ifPresent(factors ->
                        tensors.add(new TensorPlan(RopeFactors.TENSOR, factors, RowOrder.SAME, 0, DType.F32)));
        for (String name : source.weightNames()) {
            Tensor tensor = source.checkpoint().tensor(name);
            tensors.add(new TensorPlan(
                    names.inFile(name),
                    tensor,
                    source.rows(name, adjacent),
                    source.addend(name, true),
                    type(name, tensor),
                    source.adapter(name)));
        }
    }

    private DType type(String name, Tensor tensor) {
        boolean isOutput = name.equals(source.isTied() ? EMBEDDINGS : OUTPUT);
        DType type = source.keepsTypes() ? tensor.dtype() : GgufTypes.of(tensor, options.type(), isOutput);
        return source.isTooCoarse(name, type) ? GgufTypes.fine(tensor.columns()) : type;
    }

    private void planKeys() {
        Checkpoint checkpoint = source.checkpoint();
        Path folder = ModelConversion.folder(checkpoint)
                .orElseThrow(() -> new IllegalStateException("only a folder lacks GGUF's keys"));
        keys.putAll(GgufKeys.of(source, name(folder), options.type()));
        GgufVocabulary vocabulary = GgufVocabulary.of(folder, source.config().vocabSize());
        keys.putAll(vocabulary.keys());
        notes.addAll(vocabulary.notes());
        Optional<String> template = template(folder);
        template.ifPresent(text -> keys.put(TEMPLATE, GgufValue.string(text)));
        if (template.isEmpty()) {
            notes.add("the model brings no chat template");
        }
    }

    private static String name(Path folder) {
        Path name = folder.toAbsolutePath().normalize().getFileName();
        return name == null ? "model" : name.toString();
    }

    /** As transformers looks for it; of several named ones the default. */
    private static Optional<String> template(Path folder) {
        Path file = folder.resolve("chat_template.jinja");
        try {
            if (Files.isRegularFile(file) && Files.size(file) <= TEMPLATE_BYTES_MAX) {
                return Optional.of(Files.readString(file));
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + file, failure);
        }
        Path config = folder.resolve("tokenizer_config.json");
        Object value =
                Files.isRegularFile(config) ? JsonObject.read(config).values().get("chat_template") : null;
        if (value instanceof String text) {
            return Optional.of(text);
        }
        if (value instanceof List<?> named) {
            for (Object element : named) {
                if (element instanceof Map<?, ?> map
                        && "default".equals(map.get("name"))
                        && map.get("template") instanceof String text) {
                    return Optional.of(text);
                }
            }
        }
        return Optional.empty();
    }

    @Override
    public List<TensorPlan> tensors() {
        return List.copyOf(tensors);
    }

    @Override
    public List<String> notes() {
        return List.copyOf(notes);
    }

    @Override
    public void write(TensorRewriter rewriter) {
        GgufWriter writer = new GgufWriter();
        if (source.checkpoint() instanceof GgufCheckpoint gguf) {
            writer.putAll(gguf.metadata());
            if (!source.keepsTypes()) {
                writer.put("general.file_type", GgufValue.uint32(options.type().fileType()));
            }
        }
        keys.forEach(writer::put);
        for (TensorPlan plan : tensors) {
            rewriter.expect(plan.source().elements());
            writer.add(plan.name(), plan.dtype(), plan.shape(), rewriter.content(plan));
        }
        writer.writeFile(target);
    }
}
