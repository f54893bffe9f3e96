package dev.caravan.engine.template;

import java.util.List;

/** Renders a conversation to a prompt. Immutable and thread-safe. */
public interface ChatTemplate {

    /**
     * The prompt, ending where the assistant's answer begins.
     *
     * @throws IllegalArgumentException if the template refuses the conversation; the message is the template's own
     */
    List<PromptPiece> render(List<ChatMessage> messages);
}
