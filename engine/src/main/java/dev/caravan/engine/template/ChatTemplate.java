package dev.caravan.engine.template;

import java.util.List;

/** Renders a conversation to a prompt. Immutable and thread-safe. */
public interface ChatTemplate {

    /**
     * The prompt, ending where the assistant's answer begins.
     *
     * @throws IllegalArgumentException if the template refuses the conversation; the message is the template's own
     */
    default List<PromptPiece> render(List<ChatMessage> messages) {
        return render(messages, TemplateOptions.DEFAULT);
    }

    /**
     * The prompt with tools, documents and further variables. All text of messages and options comes out as untrusted.
     *
     * @throws IllegalArgumentException if there is no message, or the template refuses the conversation (with its own
     *     message), or it fails (with the template's name and line)
     */
    List<PromptPiece> render(List<ChatMessage> messages, TemplateOptions options);
}
