package dev.caravan.engine.format.safetensors;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.tensor.Tensor;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model's folder as transformers saves it: the weights in safetensors and config.json beside them. {@link
 * TransformersNames} gives names their usual prefix where a file holds a backbone alone or the text part of a larger
 * model.
 */
public final class SafetensorsCheckpoint implements Checkpoint {

    private static final Logger LOG = LoggerFactory.getLogger(SafetensorsCheckpoint.class);
    private static final String CONFIG = "config.json";

    /** What the text part of a larger model may take from the outer configuration. */
    private static final List<String> INHERITED = List.of(
            "quantization_config",
            "tie_word_embeddings",
            "torch_dtype",
            "dtype",
            "bos_token_id",
            "eos_token_id",
            "pad_token_id");

    private final SafetensorsModel model;
    private final JsonObject config;
    private final Map<String, String> fileNames;

    private SafetensorsCheckpoint(SafetensorsModel model) {
        this.model = model;
        JsonObject whole = JsonObject.read(model.folder().resolve(CONFIG));
        this.config =
                whole.object("text_config").map(text -> textConfig(whole, text)).orElse(whole);
        requireKnownQuantization(config);
        TransformersNames names = new TransformersNames(config.string("model_type"), model.tensorNames());
        this.fileNames = new LinkedHashMap<>();
        int left = 0;
        for (String fileName : model.tensorNames()) {
            Optional<String> name = names.name(fileName);
            if (name.isEmpty()) {
                left++;
            } else if (fileNames.put(name.get(), fileName) != null) {
                throw new ModelFormatException(
                        model.path(),
                        "the tensor %s is there twice under different prefixes; take another build of the model"
                                .formatted(SafetensorsHeader.printable(name.get())));
            }
        }
        if (left > 0) {
            LOG.info("event=tensors_left_out path={} tensors={}", model.path(), left);
        }
    }

    /**
     * Maps and checks a model's files.
     *
     * @param path as {@link SafetensorsModel#open(Path)} takes it
     * @throws ModelFormatException if there is no sound model, or config.json beside it is missing or unsound
     * @throws UncheckedIOException if the system cannot read a file
     */
    public static SafetensorsCheckpoint open(Path path) {
        SafetensorsModel model = SafetensorsModel.open(path);
        try {
            return new SafetensorsCheckpoint(model);
        } catch (RuntimeException | Error failure) {
            model.close();
            throw failure;
        }
    }

    private static JsonObject textConfig(JsonObject whole, JsonObject text) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (String key : INHERITED) {
            Object value = whole.values().get(key);
            if (value != null) {
                values.put(key, value);
            }
        }
        text.values().forEach((key, value) -> {
            if (value != null) {
                values.put(key, value);
            }
        });
        return JsonObject.of(whole.file(), values);
    }

    /** Refuses weights that were quantised in a way that would be read as something else. */
    private static void requireKnownQuantization(JsonObject config) {
        config.object("quantization_config").ifPresent(quantization -> {
            String method = quantization.string("quant_method", "bitsandbytes");
            if (!method.equals("bitsandbytes")) {
                throw config.refused(
                        ("the model is quantised with %s, which Caravan cannot read; take its build in BF16, in "
                                        + "bitsandbytes' 4 or 8 bits, or in GGUF")
                                .formatted(SafetensorsHeader.printable(method)));
            }
        });
    }

    @Override
    public Path path() {
        return model.path();
    }

    /** The folder of the weights, where config.json and the tokenizer's files lie as well. */
    public Path folder() {
        return model.folder();
    }

    @Override
    public String modelType() {
        return config.string("model_type");
    }

    @Override
    public JsonObject config() {
        return config;
    }

    @Override
    public Optional<Tensor> findTensor(String name) {
        return Optional.ofNullable(fileNames.get(name)).flatMap(model::findTensor);
    }

    @Override
    public List<String> tensorNames() {
        return new ArrayList<>(fileNames.keySet());
    }

    @Override
    public String nameInFile(String name) {
        return fileNames.getOrDefault(name, name);
    }

    @Override
    public List<Path> weightFiles() {
        return model.weightFiles();
    }

    @Override
    public long weightBytes() {
        return fileNames.values().stream().mapToLong(model::tensorBytes).sum();
    }

    @Override
    public boolean hasAdjacentRotaryPairs() {
        return false;
    }

    @Override
    public boolean hasShiftedGemmaNorms() {
        return false;
    }

    @Override
    public void close() {
        model.close();
    }
}
