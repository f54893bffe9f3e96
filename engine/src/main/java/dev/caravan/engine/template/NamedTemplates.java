package dev.caravan.engine.template;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The templates of a model that brings several, chosen as transformers does: by name, else {@code tool_use} if there are
 * tools, else {@code default}. Immutable and thread-safe.
 */
final class NamedTemplates implements ChatTemplate {
    static final String DEFAULT = "default";
    private static final String TOOL_USE = "tool_use";

    private final TreeMap<String, ChatTemplate> templates;

    private NamedTemplates(Map<String, ? extends ChatTemplate> templates) {
        this.templates = new TreeMap<>(templates);
    }

    /** The choice among these templates; if the only one is the default one, that one; none for none. */
    static Optional<ChatTemplate> of(Map<String, ? extends ChatTemplate> templates) {
        ChatTemplate only = templates.size() == 1 ? templates.get(DEFAULT) : null;
        if (only != null || templates.isEmpty()) {
            return Optional.ofNullable(only);
        }
        return Optional.of(new NamedTemplates(templates));
    }

    @Override
    public List<PromptPiece> render(List<ChatMessage> messages, TemplateOptions options) {
        return chosen(options).render(messages, options.withTemplate(null));
    }

    private ChatTemplate chosen(TemplateOptions options) {
        String name = options.templateName();
        if (name == null) {
            name = options.tools() != null && templates.containsKey(TOOL_USE) ? TOOL_USE : DEFAULT;
        }
        ChatTemplate template = templates.get(name);
        if (template == null) {
            throw new IllegalArgumentException("the model has no chat template named '%s'; it has %s"
                    .formatted(name, String.join(", ", templates.keySet())));
        }
        return template;
    }
}
