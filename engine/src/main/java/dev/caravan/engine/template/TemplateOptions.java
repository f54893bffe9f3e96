package dev.caravan.engine.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a template is given beside the messages; the names are those of transformers' {@code apply_chat_template}. Every
 * text in here counts as untrusted, as message text does.
 *
 * @param tools the functions that the assistant may call, as JSON-like maps; null gives the template None, which Mi:dm
 *     tells apart from an empty list
 * @param documents passages for retrieval templates, as JSON-like maps; null gives the template None
 * @param addGenerationPrompt whether the prompt ends where the assistant's answer begins
 * @param continueFinalMessage whether the prompt ends inside the last message, for the model to go on with it
 * @param templateName which of the model's templates, for example {@code rag}; null takes {@code tool_use} if there are
 *     tools and the model has it, else {@code default}
 * @param variables further variables, for example {@code enable_thinking} ({@code chat_template_kwargs})
 */
public record TemplateOptions(
        @Nullable List<Map<String, ?>> tools,
        @Nullable List<Map<String, ?>> documents,
        boolean addGenerationPrompt,
        boolean continueFinalMessage,
        @Nullable String templateName,
        Map<String, ?> variables) {

    /** The assistant's turn, nothing else. */
    public static final TemplateOptions DEFAULT = new TemplateOptions(null, null, true, false, null, Map.of());

    private static final Set<String> RESERVED = Set.of("messages", "tools", "documents", "add_generation_prompt");

    public TemplateOptions {
        tools = tools == null ? null : List.copyOf(tools);
        documents = documents == null ? null : List.copyOf(documents);
        variables = Collections.unmodifiableMap(new LinkedHashMap<>(variables));
        if (addGenerationPrompt && continueFinalMessage) {
            throw new IllegalArgumentException(
                    "add_generation_prompt and continue_final_message exclude each other; set one of them");
        }
        for (String name : variables.keySet()) {
            if (RESERVED.contains(name)) {
                throw new IllegalArgumentException(
                        "the template variable '%s' is Caravan's own; leave it out".formatted(name));
            }
        }
    }

    public TemplateOptions withTools(@Nullable List<? extends Map<String, ?>> other) {
        return new TemplateOptions(
                other == null ? null : new ArrayList<>(other),
                documents,
                addGenerationPrompt,
                continueFinalMessage,
                templateName,
                variables);
    }

    public TemplateOptions withDocuments(@Nullable List<? extends Map<String, ?>> other) {
        return new TemplateOptions(
                tools,
                other == null ? null : new ArrayList<>(other),
                addGenerationPrompt,
                continueFinalMessage,
                templateName,
                variables);
    }

    public TemplateOptions withAddGenerationPrompt(boolean other) {
        return new TemplateOptions(tools, documents, other, continueFinalMessage, templateName, variables);
    }

    /** The prompt ends inside the last message; there is no generation prompt then. */
    public TemplateOptions withFinalMessageContinued() {
        return new TemplateOptions(tools, documents, false, true, templateName, variables);
    }

    /** Another of the model's templates; null for the usual choice. */
    public TemplateOptions withTemplate(@Nullable String name) {
        return new TemplateOptions(tools, documents, addGenerationPrompt, continueFinalMessage, name, variables);
    }

    /**
     * One further variable.
     *
     * @param value a string, number, boolean, list or map, or null for None
     */
    public TemplateOptions withVariable(String name, @Nullable Object value) {
        Map<String, @Nullable Object> more = new LinkedHashMap<>(variables);
        more.put(name, value);
        return new TemplateOptions(tools, documents, addGenerationPrompt, continueFinalMessage, templateName, more);
    }

    /** The date that Mi:dm's and Llama 3's templates print instead of today's, for example {@code 24 Nov 2026}. */
    public TemplateOptions withDateString(String date) {
        return withVariable("date_string", date);
    }
}
