package dev.caravan.engine.template;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.gguf.GgufMetadata;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The chat template that a GGUF file brings. */
public final class GgufChatTemplates {
    private static final String TEMPLATE = "tokenizer.chat_template";

    private GgufChatTemplates() {}

    /**
     * The file's template with the spelling of its special tokens; none for a base model.
     *
     * @throws ModelFormatException if the template is not sound Jinja
     */
    public static Optional<ChatTemplate> fromMetadata(GgufMetadata metadata) {
        if (!metadata.contains(TEMPLATE)) {
            return Optional.empty();
        }
        List<String> spellings = metadata.strings("tokenizer.ggml.tokens");
        Map<String, String> tokens = new HashMap<>();
        Map.of("bos_token", "bos", "eos_token", "eos", "unk_token", "unknown", "pad_token", "padding")
                .forEach((name, role) -> {
                    int id = metadata.integer("tokenizer.ggml.%s_token_id".formatted(role), -1);
                    if (id >= 0 && id < spellings.size()) {
                        tokens.put(name, spellings.get(id));
                    }
                });
        try {
            return Optional.of(JinjaTemplate.parse(metadata.string(TEMPLATE)).withTokens(tokens));
        } catch (JinjaException problem) {
            throw metadata.refused("%s; take another build of the model".formatted(problem.getMessage()));
        }
    }
}
