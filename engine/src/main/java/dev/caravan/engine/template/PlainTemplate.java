package dev.caravan.engine.template;

import java.util.ArrayList;
import java.util.List;

/**
 * A conversation as a plain transcript, for base models, which know no turns: system texts as paragraphs, questions and
 * answers behind labels in the conversation's language, and the last label left open. Immutable and thread-safe.
 */
public final class PlainTemplate implements ChatTemplate {
    private static final String SYSTEM = "system";
    private static final String ASSISTANT = "assistant";

    /** How questions and answers are introduced. */
    private record Labels(String question, String answer) {
        private static final Labels KOREAN = new Labels("질문", "답변");
        private static final Labels ENGLISH = new Labels("Question", "Answer");
    }

    @Override
    public List<PromptPiece> render(List<ChatMessage> messages, TemplateOptions options) {
        if (messages.isEmpty()) {
            throw new IllegalArgumentException("a conversation needs at least one message");
        }
        if (options.tools() != null || options.templateName() != null) {
            throw new IllegalArgumentException(
                    "the model is a base model without a chat template and takes no tools; take an instruct model");
        }
        Labels labels = labels(messages);
        List<PromptPiece> pieces = new ArrayList<>();
        for (ChatMessage message : messages) {
            if (!message.role().equals(SYSTEM)) {
                String label = message.role().equals(ASSISTANT) ? labels.answer : labels.question;
                pieces.add(new PromptPiece(label + ": ", true));
            }
            pieces.add(new PromptPiece(message.text().strip(), false));
            pieces.add(new PromptPiece(message.role().equals(SYSTEM) ? "\n\n" : "\n", true));
        }
        if (options.continueFinalMessage()) {
            pieces.removeLast();
        }
        if (options.addGenerationPrompt()) {
            pieces.add(new PromptPiece(labels.answer + ":", true));
        }
        return List.copyOf(pieces);
    }

    private static Labels labels(List<ChatMessage> messages) {
        boolean isKorean = messages.stream()
                .filter(message -> !message.role().equals(SYSTEM))
                .flatMapToInt(message -> message.text().codePoints())
                .anyMatch(character -> Character.UnicodeScript.of(character) == Character.UnicodeScript.HANGUL);
        return isKorean ? Labels.KOREAN : Labels.ENGLISH;
    }
}
