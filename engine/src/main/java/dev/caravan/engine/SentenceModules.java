package dev.caravan.engine;

import dev.caravan.engine.EncoderOptions.Prompts;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.model.Pooling;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What sentence-transformers' files in a model's folder say of the way from states to vectors: {@code modules.json} names
 * the steps, each with a folder of its own; {@code sentence_bert_config.json} the longest input;
 * {@code config_sentence_transformers.json} the prompts. A step that is not known is refused: the vectors would be others.
 *
 * @param pooling null where there is no modules.json
 * @param maxTokens 0 where no file says it
 */
record SentenceModules(@Nullable Pooling pooling, List<DenseModule> dense, int maxTokens) {

    /** Prompts of questions by their names in the file, the first that is there. */
    private static final List<String> QUERY_NAMES = List.of("query", "search_query");

    private static final List<String> PASSAGE_NAMES = List.of("document", "passage", "search_document");

    private static final String PROMPTS_FILE = "config_sentence_transformers.json";

    private static final long MAX_BYTES = 1L << 20;
    private static final int MAX_FEATURES = 1 << 20;

    /** A dense module: a linear layer in a file of its own. */
    record DenseModule(Path weights, int inputs, int outputs, boolean hasBias, boolean hasTanh) {}

    static SentenceModules read(Path folder) {
        Path file = folder.resolve("modules.json");
        int maxTokens = maxTokens(folder);
        if (!Files.isRegularFile(file)) {
            return new SentenceModules(null, List.of(), maxTokens);
        }
        // The reader takes objects; the file holds a list.
        JsonObject wrapped = JsonObject.parse(file, "{\"modules\":" + text(file) + "}");
        Pooling pooling = null;
        List<DenseModule> dense = new ArrayList<>();
        for (JsonObject module : wrapped.objects("modules")) {
            String type = module.string("type");
            Path place = place(folder, module);
            switch (type.substring(type.lastIndexOf('.') + 1)) {
                case "Transformer" -> requireRoot(module);
                case "Pooling" -> pooling = pooling(JsonObject.read(place.resolve("config.json")));
                case "Dense" -> dense.add(dense(place));
                case "Normalize" -> {
                    // Vectors are made unit vectors in any case.
                }
                default ->
                    throw module.refused(
                            "the module %s is not supported; supported are Transformer, Pooling, Dense and Normalize"
                                    .formatted(type));
            }
        }
        return new SentenceModules(pooling, List.copyOf(dense), maxTokens);
    }

    private static String text(Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new ModelFormatException(file, "it is longer than %d bytes; fetch it again".formatted(MAX_BYTES));
            }
            return Files.readString(file);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + file, failure);
        }
    }

    /** A module's folder, which a hostile file must not lead out of the model's. */
    private static Path place(Path folder, JsonObject module) {
        Path place = folder.resolve(module.string("path", "")).normalize();
        if (!place.startsWith(folder.normalize())) {
            throw module.refused("the path %s leads out of the model's folder; fetch the file again"
                    .formatted(module.string("path")));
        }
        return place;
    }

    private static void requireRoot(JsonObject module) {
        if (!module.string("path", "").isEmpty()) {
            throw module.refused("the transformer lies in the folder %s; only a model in the folder itself is supported"
                    .formatted(module.string("path")));
        }
    }

    private static Pooling pooling(JsonObject config) {
        if (!config.flag("include_prompt", true)) {
            throw config.refused("include_prompt is false, pooling without the prompt's tokens is not supported");
        }
        List<Pooling> chosen = Arrays.stream(Pooling.values())
                .filter(pooling -> config.flag("pooling_mode_" + pooling.flag(), false)
                        || pooling.mode().equals(config.values().get("pooling_mode")))
                .toList();
        List<String> unknown = config.keys().stream()
                .filter(key -> key.startsWith("pooling_mode_") && config.flag(key, false))
                .filter(key -> Arrays.stream(Pooling.values()).noneMatch(known -> key.endsWith("_" + known.flag())))
                .toList();
        if (chosen.size() != 1 || !unknown.isEmpty()) {
            throw config.refused(
                    ("the pooling_mode %s is not supported; supported is one of cls_token, mean_tokens, max_tokens, "
                                    + "mean_sqrt_len_tokens and lasttoken")
                            .formatted(unknown.isEmpty() ? stated(config, chosen) : unknown));
        }
        return chosen.getFirst();
    }

    private static Object stated(JsonObject config, List<Pooling> chosen) {
        return chosen.isEmpty() ? String.valueOf(config.values().get("pooling_mode")) : chosen;
    }

    private static DenseModule dense(Path place) {
        JsonObject config = JsonObject.read(place.resolve("config.json"));
        String activation = config.string("activation_function", "torch.nn.modules.activation.Tanh");
        String name = activation.substring(activation.lastIndexOf('.') + 1);
        if (!name.equals("Identity") && !name.equals("Tanh")) {
            throw config.refused("the activation_function %s is not supported; supported are Identity and Tanh"
                    .formatted(activation));
        }
        return new DenseModule(
                place.resolve("model.safetensors"),
                features(config, "in_features"),
                features(config, "out_features"),
                config.flag("bias", true),
                name.equals("Tanh"));
    }

    private static int features(JsonObject config, String key) {
        int features = config.integer(key);
        if (features < 1 || features > MAX_FEATURES) {
            throw config.refused("the key %s holds %d, which is out of range; fetch it again".formatted(key, features));
        }
        return features;
    }

    /** The longest input of a folder's sentence_bert_config.json, 0 where none is stated. */
    static int maxTokens(Path folder) {
        Path file = folder.resolve("sentence_bert_config.json");
        if (!Files.isRegularFile(file)) {
            return 0;
        }
        JsonObject config = JsonObject.read(file);
        if (config.flag("do_lower_case", false)) {
            throw config.refused("do_lower_case is true, which is not supported");
        }
        int maxTokens = config.integer("max_seq_length", 0);
        if (maxTokens < 0) {
            throw config.refused(
                    "the key max_seq_length holds %d, which is out of range; fetch it again".formatted(maxTokens));
        }
        return maxTokens;
    }

    /** The prompts of a folder's {@value #PROMPTS_FILE}, empty where it has none. */
    static Optional<Prompts> prompts(Path folder) {
        Path file = folder.resolve(PROMPTS_FILE);
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        JsonObject config = JsonObject.read(file);
        Optional<JsonObject> prompts =
                config.object("prompts").filter(all -> !all.keys().isEmpty());
        String byDefault = config.string("default_prompt_name", "");
        return prompts.map(
                all -> new Prompts(prompt(all, QUERY_NAMES, byDefault), prompt(all, PASSAGE_NAMES, byDefault)));
    }

    private static String prompt(JsonObject prompts, List<String> names, String byDefault) {
        return names.stream()
                .filter(prompts::has)
                .findFirst()
                .map(prompts::string)
                .orElseGet(() -> prompts.string(byDefault, ""));
    }
}
