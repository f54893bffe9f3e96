package dev.caravan.engine.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages and options as a template sees them, and what they refuse. */
class ChatMessageTest {

    private static String render(String template, ChatMessage message, TemplateOptions options) {
        return JinjaTemplate.parse(template).render(List.of(message), options).stream()
                .map(PromptPiece::text)
                .collect(Collectors.joining());
    }

    /** What {@code null} is in Java is undefined for a template in a message, and None among the options. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {
                "{{ tools is none }} {{ tools is defined }} {{ documents is none }}#True True True",
                "{{ messages[0].content is defined }} {{ messages[0].tool_calls is defined }}#False False",
                "{{ messages[0].reasoning_content is defined }} {{ messages[0].name is none }}#False False",
                "{{ messages[0].tool_call_id is defined }} {{ messages[0]|length }}#False 1",
                "{{ enable_thinking is defined }} {{ enable_thinking is none }}#False False",
                "{{ absent is defined }} {{ absent is none }}#True True"
            })
    void nullIsToldFromUndefined(String template, String expected) {
        TemplateOptions options = TemplateOptions.DEFAULT.withVariable("absent", null);
        assertThat(render(template, new ChatMessage("assistant", null), options))
                .isEqualTo(expected);
    }

    @Test
    void argumentsOfOpenAiBecomeAnObject() {
        ToolCall call = ToolCall.ofJson(
                "call_1", "search", "{\"질의\": \"<b>\", \"n\": 1.0, \"긴\": 12345678901234567890, \"없음\": null}");
        assertThat(call.arguments()).isInstanceOf(Map.class);
        assertThat(render(
                        "{{ messages[0].tool_calls[0].function.arguments|tojson }}",
                        ChatMessage.ofToolCalls(null, List.of(call)),
                        TemplateOptions.DEFAULT))
                .isEqualTo("{\"질의\": \"<b>\", \"n\": 1.0, \"긴\": 12345678901234567890, \"없음\": null}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "not json", "[1]", "{\"a\": 1", "{\"a\": 1} {}", "7"})
    void otherArgumentsStayText(String arguments) {
        assertThat(ToolCall.ofJson(null, "search", arguments).arguments()).isEqualTo(arguments);
    }

    @Test
    void refusesWhatNoTemplateCouldTake() {
        assertThatThrownBy(() -> new ToolCall(null, "search", BigInteger.ONE))
                .hasMessage(
                        "the arguments of the tool call 'search' should be a map or a string, got java.math.BigInteger");
        assertThatThrownBy(() -> new ChatMessage("user", "a", List.of("b"), null, List.of(), null, null))
                .hasMessageContaining("not both");
        assertThatThrownBy(() -> TemplateOptions.DEFAULT.withVariable("messages", List.of()))
                .hasMessage("the template variable 'messages' is Caravan's own; leave it out");
        assertThatThrownBy(() ->
                        TemplateOptions.DEFAULT.withFinalMessageContinued().withAddGenerationPrompt(true))
                .hasMessageContaining("exclude each other");
        TemplateOptions unknown = TemplateOptions.DEFAULT.withVariable("x", new Object());
        assertThatThrownBy(() -> render("{{ x }}", new ChatMessage("user", "a"), unknown))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("java.lang.Object");
    }

    @Test
    void refusesDeepValues() {
        Map<String, Object> deep = new HashMap<>();
        for (int i = 0; i < 100_000; i++) {
            deep = new HashMap<>(Map.of("a", deep));
        }
        TemplateOptions options = TemplateOptions.DEFAULT.withTools(List.of(deep));
        assertThatThrownBy(() -> render("{{ tools|tojson }}", new ChatMessage("user", "a"), options))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nested deeper than 200");
    }

    @Test
    void laterChangesOfTheCallersMapsDoNotReachACall() {
        Map<String, Object> arguments = new HashMap<>(Map.of("a", 1));
        ToolCall call = new ToolCall(null, "search", arguments);
        arguments.put("b", 2);
        assertThat(call.arguments()).isEqualTo(Map.of("a", 1));
    }
}
