package dev.caravan.engine.template;

import java.util.ArrayList;
import java.util.List;

/**
 * {@code continue_final_message}: the prompt ends inside the last message. As in transformers a mark is put behind that
 * message's text before rendering, and the prompt is cut there; if the template trimmed the text, so is the cut.
 */
final class FinalMessage {
    private static final String TAG = "CONTINUE_FINAL_MESSAGE_TAG ";

    private FinalMessage() {}

    /**
     * The messages with the mark.
     *
     * @throws IllegalArgumentException if the last message has no text
     */
    static List<ChatMessage> marked(List<ChatMessage> messages) {
        List<ChatMessage> marked = new ArrayList<>(messages);
        ChatMessage last = marked.removeLast();
        String content = last.content();
        List<String> parts = new ArrayList<>(last.parts());
        if (content == null && parts.isEmpty()) {
            throw new IllegalArgumentException(
                    "continue_final_message needs a last message with text to continue; this one has no content");
        }
        if (!parts.isEmpty()) {
            parts.add(parts.removeLast() + TAG);
        }
        marked.add(new ChatMessage(
                last.role(),
                content == null ? null : content + TAG,
                parts,
                last.reasoningContent(),
                last.toolCalls(),
                last.toolCallId(),
                last.name()));
        return marked;
    }

    /**
     * The prompt up to the mark.
     *
     * @param last the last message as it was given
     * @throws IllegalArgumentException if the template left the message out or changed it
     */
    static Text cut(Text prompt, ChatMessage last) {
        String text = last.content() == null ? last.parts().getLast() : last.content();
        int end = prompt.value().lastIndexOf(TAG.strip());
        if (end < 0 || !prompt.value().contains(stripped(Text.trusted(text)).value())) {
            throw new IllegalArgumentException(
                    "continue_final_message: the chat template does not print the last message as it is; "
                            + "send the conversation without continue_final_message");
        }
        Text cut = prompt.substring(0, end);
        return prompt.value().startsWith(TAG, end) ? cut : StringMethods.strip(cut, null, false, true);
    }

    private static Text stripped(Text text) {
        return StringMethods.strip(text, null, true, true);
    }
}
