package dev.caravan.engine.template;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The chat templates of a model's folder as transformers finds them: {@code chat_template.jinja} and
 * {@code additional_chat_templates/*.jinja}; only if there is neither, {@code chat_template} of
 * {@code tokenizer_config.json}, one text or a list of named ones.
 */
public final class FolderChatTemplates {
    private static final String CONFIG = "tokenizer_config.json";
    private static final String KEY = "chat_template";
    private static final int MAX_FILES = 100;
    private static final int MAX_FILE_BYTES = 4 << 20;
    private static final List<String> TOKEN_NAMES =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");

    private FolderChatTemplates() {}

    /**
     * The folder's template, or its templates by name, with the spelling of its special tokens; none for a base model.
     *
     * @throws ModelFormatException if a template is not sound Jinja, or a file does not hold what it should
     * @throws UncheckedIOException if the system cannot read a file
     */
    public static Optional<ChatTemplate> fromFolder(Path folder) {
        Path config = folder.resolve(CONFIG);
        JsonObject values = Files.isRegularFile(config) ? JsonObject.read(config) : JsonObject.of(config, Map.of());
        Map<String, String> tokens = tokens(folder, values);
        Map<String, JinjaTemplate> templates = files(folder, tokens);
        return NamedTemplates.of(templates.isEmpty() ? configured(values, tokens) : templates);
    }

    private static Map<String, JinjaTemplate> files(Path folder, Map<String, String> tokens) {
        Map<String, JinjaTemplate> templates = new LinkedHashMap<>();
        Path single = folder.resolve("chat_template.jinja");
        if (Files.isRegularFile(single)) {
            templates.put(NamedTemplates.DEFAULT, file(single, tokens));
        }
        Path additional = folder.resolve("additional_chat_templates");
        if (Files.isDirectory(additional)) {
            for (Path file : jinjaFiles(additional)) {
                String name = String.valueOf(file.getFileName());
                templates.put(name.substring(0, name.length() - ".jinja".length()), file(file, tokens));
            }
        }
        return templates;
    }

    private static List<Path> jinjaFiles(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> found = files.filter(file -> file.toString().endsWith(".jinja"))
                    .sorted()
                    .limit(MAX_FILES + 1)
                    .toList();
            if (found.size() > MAX_FILES) {
                throw new ModelFormatException(
                        folder, "it holds more than %d chat templates; remove some".formatted(MAX_FILES));
            }
            return found;
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + folder, failure);
        }
    }

    private static JinjaTemplate file(Path file, Map<String, String> tokens) {
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw new ModelFormatException(
                        file, "it has more than %d bytes; take another build of the model".formatted(MAX_FILE_BYTES));
            }
            String name = String.valueOf(file.getFileName());
            return template(file, name, Files.readString(file), tokens).withName(name);
        } catch (CharacterCodingException unsound) {
            throw new ModelFormatException(file, "it is not UTF-8 text; fetch it again", unsound);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + file, failure);
        }
    }

    private static Map<String, JinjaTemplate> configured(JsonObject config, Map<String, String> tokens) {
        Map<String, JinjaTemplate> templates = new LinkedHashMap<>();
        if (!(config.values().get(KEY) instanceof List<?>)) {
            if (config.has(KEY)) {
                templates.put(NamedTemplates.DEFAULT, configured(config, KEY, config.string(KEY), tokens));
            }
            return templates;
        }
        for (Object entry : config.list(KEY).orElseThrow()) {
            if (!(entry instanceof Map<?, ?> named)
                    || !(named.get("name") instanceof String name)
                    || !(named.get("template") instanceof String source)) {
                throw config.refused(
                        "the key %s should hold a text or a list of {name, template}; fetch it again".formatted(KEY));
            }
            templates.put(name, configured(config, "%s %s".formatted(KEY, name), source, tokens));
        }
        return templates;
    }

    private static JinjaTemplate configured(JsonObject config, String key, String source, Map<String, String> tokens) {
        return template(config.file(), key, source, tokens).withName("%s of %s".formatted(key, CONFIG));
    }

    private static JinjaTemplate template(Path file, String key, String source, Map<String, String> tokens) {
        try {
            return JinjaTemplate.parse(source).withTokens(tokens);
        } catch (JinjaException problem) {
            throw new ModelFormatException(
                    file,
                    "%s; take another build of the model"
                            .formatted(problem.in(key).getMessage()),
                    problem);
        }
    }

    /** {@code special_tokens_map.json} counts only beside the old form of the config, as in transformers. */
    private static Map<String, String> tokens(Path folder, JsonObject config) {
        Map<String, String> tokens = new LinkedHashMap<>();
        putTokens(tokens, config);
        Path map = folder.resolve("special_tokens_map.json");
        if (!config.has("added_tokens_decoder") && Files.isRegularFile(map)) {
            putTokens(tokens, JsonObject.read(map));
        }
        return tokens;
    }

    private static void putTokens(Map<String, String> tokens, JsonObject source) {
        for (String name : TOKEN_NAMES) {
            if (source.has(name)) {
                tokens.put(name, spelling(source, name, source.values().get(name)));
            }
        }
    }

    /** A token is its spelling, or an object (AddedToken) with it. */
    private static String spelling(JsonObject source, String name, @Nullable Object token) {
        return token instanceof Map ? source.object(name).orElseThrow().string("content") : source.string(name);
    }
}
