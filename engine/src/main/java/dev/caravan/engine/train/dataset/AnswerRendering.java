package dev.caravan.engine.train.dataset;

import dev.caravan.engine.template.ChatMessage;
import dev.caravan.engine.template.ChatTemplate;
import dev.caravan.engine.template.PlainTemplate;
import dev.caravan.engine.template.PromptPiece;
import dev.caravan.engine.template.TemplateOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * An answer as the template renders it, in two pieces of text: what the server gives the model before the answer, and the
 * same with the answer, of which the former is a prefix.
 *
 * @param prompt the messages before the answer, with the generation prompt
 * @param whole the messages up to the answer, and what the template writes behind it
 */
record AnswerRendering(List<PromptPiece> prompt, List<PromptPiece> whole) {
    private static final int SHOWN = 60;

    /**
     * Renders.
     *
     * @param messages up to the answer, which is the last one
     * @throws InvalidRowException if the template refuses the messages, or opens an answer in another way than it prints one
     */
    static AnswerRendering of(ChatTemplate template, List<ChatMessage> messages, TemplateOptions options) {
        ChatMessage answer = messages.getLast();
        try {
            List<PromptPiece> prompt =
                    template.render(messages.subList(0, messages.size() - 1), options.withAddGenerationPrompt(true));
            if (template instanceof PlainTemplate) {
                return new AnswerRendering(prompt, continued(prompt, answer));
            }
            AnswerRendering rendering =
                    new AnswerRendering(prompt, template.render(messages, options.withAddGenerationPrompt(false)));
            rendering.requirePrefix();
            rendering.requireCalls(answer);
            return rendering;
        } catch (IllegalArgumentException refused) {
            throw new InvalidRowException(
                    "the model's chat template refuses it (%s); change the row".formatted(refused.getMessage()));
        }
    }

    /**
     * A transcript's answer follows the label that the server's prompt ends with. Rendering the answer as a message instead
     * could change the labels: their language follows that of all messages.
     */
    private static List<PromptPiece> continued(List<PromptPiece> prompt, ChatMessage answer) {
        if (!answer.toolCalls().isEmpty()) {
            throw new IllegalArgumentException("a base model without a chat template calls no tools");
        }
        List<PromptPiece> whole = new ArrayList<>(prompt);
        whole.add(new PromptPiece(" ", true));
        whole.add(new PromptPiece(answer.text().strip(), false));
        return whole;
    }

    private void requirePrefix() {
        String before = text(prompt);
        String after = text(whole);
        if (after.startsWith(before)) {
            return;
        }
        int common = 0;
        while (common < Math.min(before.length(), after.length()) && before.charAt(common) == after.charAt(common)) {
            common++;
        }
        throw new InvalidRowException(
                "the model's chat template asks for an answer with '%s' but prints this one with '%s', so that it cannot be"
                                .formatted(shown(before, common), shown(after, common))
                        + " learned as it would be given; change the row, or the template's variables");
    }

    private static String shown(String text, int from) {
        return text.substring(from, Math.min(text.length(), from + SHOWN)).replace("\n", "\\n");
    }

    /** Some templates know no tool calls and print nothing for them. */
    private void requireCalls(ChatMessage answer) {
        String printed = text(whole).substring(text(prompt).length());
        boolean isPrinted = answer.toolCalls().stream().allMatch(call -> printed.contains(call.name()));
        if (!isPrinted) {
            throw new InvalidRowException(
                    "the model's chat template does not print tool calls; remove the row, or take a model that knows tools");
        }
    }

    /** Both texts without what the template writes behind the answer's last character. */
    AnswerRendering endingWithAnswer() {
        List<PromptPiece> cut = new ArrayList<>(whole);
        while (!cut.isEmpty() && cut.getLast().trusted()) {
            cut.removeLast();
        }
        return new AnswerRendering(prompt, cut);
    }

    static String text(List<PromptPiece> pieces) {
        return pieces.stream().map(PromptPiece::text).collect(Collectors.joining());
    }
}
