package dev.caravan.engine.check;

import dev.caravan.engine.template.ChatMessage;
import dev.caravan.engine.template.ChatTemplate;
import dev.caravan.engine.template.PromptPiece;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Whether a model's chat template renders a conversation of two turns, and with its users' text marked as such. */
final class TemplateCheck {

    private static final String SUBJECT = "chat template";
    private static final int SHOWN_CHARACTERS = 320;

    private static final String QUESTION = "대한민국의 수도는 어디인가요?";
    private static final List<ChatMessage> TWO_TURNS = List.of(
            new ChatMessage("user", "안녕하세요!"),
            new ChatMessage("assistant", "안녕하세요, 무엇을 도와 드릴까요?"),
            new ChatMessage("user", QUESTION));

    private TemplateCheck() {}

    static Finding none() {
        return Finding.warning(
                SUBJECT,
                "the model brings none: it continues text; Caravan writes a conversation as a plain transcript then");
    }

    static List<Finding> check(ChatTemplate template) {
        List<Finding> findings = new ArrayList<>();
        try {
            findings.add(rendered("without a system message", template.render(TWO_TURNS)));
        } catch (IllegalArgumentException failure) {
            findings.add(Finding.problem(
                    SUBJECT, "it does not render a conversation of two turns: %s".formatted(failure.getMessage())));
            return findings;
        }
        List<ChatMessage> withSystem = new ArrayList<>(TWO_TURNS);
        withSystem.addFirst(new ChatMessage("system", "한국어로 짧게 답하세요."));
        try {
            findings.add(rendered("with a system message", template.render(withSystem)));
        } catch (IllegalArgumentException failure) {
            findings.add(Finding.warning(
                    SUBJECT, "it does not render a system message: %s".formatted(failure.getMessage())));
        }
        return findings;
    }

    private static Finding rendered(String what, List<PromptPiece> pieces) {
        String prompt = pieces.stream().map(PromptPiece::text).collect(Collectors.joining());
        String written = pieces.stream()
                .filter(piece -> !piece.trusted())
                .map(PromptPiece::text)
                .collect(Collectors.joining());
        List<String> shown = List.of(Shown.quoted(prompt, SHOWN_CHARACTERS));
        if (!prompt.contains(QUESTION)) {
            return Finding.problem(SUBJECT, "%s the prompt lacks the user's question".formatted(what))
                    .with(shown);
        }
        if (!written.contains(QUESTION)) {
            return Finding.warning(
                            SUBJECT,
                            "%s the template rewrites the user's text, so that control tokens in it are not told apart"
                                    .formatted(what))
                    .with(shown);
        }
        return Finding.ok(SUBJECT, "%s, two turns render to %d characters".formatted(what, prompt.length()))
                .with(shown);
    }
}
