package dev.caravan.engine.template;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.gguf.GgufMetadata;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The chat templates that a GGUF file brings. */
public final class GgufChatTemplates {
    private static final String TEMPLATE = "tokenizer.chat_template";
    private static final String NAMES = "tokenizer.chat_templates";

    private GgufChatTemplates() {}

    /**
     * The file's template, or its templates by name, with the spelling of its special tokens; none for a base model.
     *
     * @throws ModelFormatException if a template is not sound Jinja
     */
    public static Optional<ChatTemplate> fromMetadata(GgufMetadata metadata) {
        Map<String, String> tokens = tokens(metadata);
        Map<String, JinjaTemplate> templates = new HashMap<>();
        if (metadata.contains(TEMPLATE)) {
            templates.put(NamedTemplates.DEFAULT, template(metadata, TEMPLATE, tokens));
        }
        for (String name : metadata.strings(NAMES, List.of())) {
            templates.put(name, template(metadata, TEMPLATE + "." + name, tokens));
        }
        return NamedTemplates.of(templates);
    }

    private static JinjaTemplate template(GgufMetadata metadata, String key, Map<String, String> tokens) {
        try {
            return JinjaTemplate.parse(metadata.string(key))
                    .withTokens(tokens)
                    .withName("%s of %s".formatted(key, metadata.path().getFileName()));
        } catch (JinjaException problem) {
            throw metadata.refused("%s; take another build of the model"
                    .formatted(problem.in(key).getMessage()));
        }
    }

    /** Under the names that transformers gives them. */
    private static Map<String, String> tokens(GgufMetadata metadata) {
        List<String> spellings = metadata.strings("tokenizer.ggml.tokens", List.of());
        Map<String, String> tokens = new HashMap<>();
        Map.of("bos_token", "bos", "eos_token", "eos", "unk_token", "unknown", "pad_token", "padding")
                .forEach((name, role) -> {
                    int id = metadata.integer("tokenizer.ggml.%s_token_id".formatted(role), -1);
                    if (id >= 0 && id < spellings.size()) {
                        tokens.put(name, spellings.get(id));
                    }
                });
        return tokens;
    }
}
