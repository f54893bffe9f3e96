package dev.caravan.engine.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The transcript for base models. */
class PlainTemplateTest {
    private static final ChatTemplate TEMPLATE = new PlainTemplate();
    private static final List<ChatMessage> CONVERSATION = List.of(
            new ChatMessage("system", " 짧게 답해. "), new ChatMessage("user", "수도는?"), new ChatMessage("assistant", "서울"));

    private static String render(List<ChatMessage> messages, TemplateOptions options) {
        return TEMPLATE.render(messages, options).stream()
                .map(PromptPiece::text)
                .collect(Collectors.joining());
    }

    @Test
    void endsWhereTheAnswerBegins() {
        assertThat(render(CONVERSATION, TemplateOptions.DEFAULT)).isEqualTo("짧게 답해.\n\n질문: 수도는?\n답변: 서울\n답변:");
        assertThat(render(CONVERSATION, TemplateOptions.DEFAULT.withAddGenerationPrompt(false)))
                .endsWith("답변: 서울\n");
        assertThat(render(CONVERSATION, TemplateOptions.DEFAULT.withFinalMessageContinued()))
                .endsWith("답변: 서울");
        assertThat(render(List.of(ChatMessage.ofParts("user", List.of("a", "b"))), TemplateOptions.DEFAULT))
                .isEqualTo("Question: ab\nAnswer:");
    }

    @Test
    void refusesWhatItCannotSay() {
        TemplateOptions tools = TemplateOptions.DEFAULT.withTools(List.of(Map.of("name", "search")));
        assertThatThrownBy(() -> TEMPLATE.render(CONVERSATION, tools))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("takes no tools");
        assertThatThrownBy(() -> TEMPLATE.render(List.of())).hasMessageContaining("at least one message");
    }
}
