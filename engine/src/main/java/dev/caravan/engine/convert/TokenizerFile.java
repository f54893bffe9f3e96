package dev.caravan.engine.convert;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.format.json.JsonSink;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a GGUF file needs to know of a folder's {@code tokenizer.json} and {@code tokenizer_config.json}.
 *
 * @param file the tokenizer.json
 * @param rest the file without vocabulary and merges
 * @param tokens the model's tokens by id
 * @param merges "left right", the best first; null where a half holds a space
 * @param added the added tokens by id
 * @param roles {@code bos_token}, {@code eos_token}, ... to their spelling
 */
record TokenizerFile(
        Path file,
        JsonObject rest,
        Map<Integer, String> tokens,
        List<String> merges,
        Map<Integer, Added> added,
        Map<String, String> roles) {

    private static final long MAX_BYTES = 256L << 20;
    private static final List<String> ROLES =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");

    /** A token that stands beside the model's own. */
    record Added(String content, boolean special) {}

    static TokenizerFile read(Path folder) {
        Path file = folder.resolve("tokenizer.json");
        Map<Integer, String> tokens = new TreeMap<>();
        List<String> merges = new ArrayList<>();
        Map<String, JsonSink> sinks = Map.of(
                "model.vocab",
                (key, value) -> {
                    if (key != null && value instanceof Long id) {
                        tokens.put(id.intValue(), key);
                    }
                },
                "model.merges",
                (key, value) -> merges.add(merge(value)));
        JsonObject rest = JsonObject.read(file, MAX_BYTES, sinks);
        return new TokenizerFile(file, rest, tokens, merges, added(rest), roles(folder, "tokenizer_config.json"));
    }

    private static String merge(@Nullable Object value) {
        return value instanceof List<?> pair && pair.size() == 2
                ? pair.get(0) + " " + pair.get(1)
                : String.valueOf(value);
    }

    private static Map<Integer, Added> added(JsonObject rest) {
        Map<Integer, Added> added = new TreeMap<>();
        for (Object element : rest.list("added_tokens").orElse(List.of())) {
            if (element instanceof Map<?, ?> token
                    && token.get("id") instanceof Long id
                    && token.get("content") instanceof String content) {
                added.put(id.intValue(), new Added(content, Boolean.TRUE.equals(token.get("special"))));
            }
        }
        return added;
    }

    private static Map<String, String> roles(Path folder, String name) {
        Map<String, String> roles = new HashMap<>();
        Path path = folder.resolve(name);
        if (Files.isRegularFile(path)) {
            Map<String, ?> values = JsonObject.read(path).values();
            for (String role : ROLES) {
                Object value = values.get(role) instanceof Map<?, ?> token ? token.get("content") : values.get(role);
                if (value instanceof String text) {
                    roles.put(role, text);
                }
            }
        }
        return roles;
    }

    /** The id of a role, if it has one. */
    Optional<Integer> role(String role) {
        return Optional.ofNullable(roles.get(role)).flatMap(this::id);
    }

    private Optional<Integer> id(String content) {
        return added.entrySet().stream()
                .filter(entry -> entry.getValue().content.equals(content))
                .map(Map.Entry::getKey)
                .findFirst()
                .or(() -> tokens.entrySet().stream()
                        .filter(entry -> entry.getValue().equals(content))
                        .map(Map.Entry::getKey)
                        .findFirst());
    }

    /** {@code BPE}, {@code Unigram}, ... */
    String modelType() {
        return rest.object("model").map(model -> model.string("type", "BPE")).orElse("");
    }

    /** Whether unknown characters become bytes: SentencePiece's BPE, against byte-level BPE. */
    boolean hasByteFallback() {
        return rest.object("model")
                .map(model -> model.flag("byte_fallback", false))
                .orElse(false);
    }

    ModelFormatException refused(String problem) {
        return new ModelFormatException(file, problem);
    }
}
