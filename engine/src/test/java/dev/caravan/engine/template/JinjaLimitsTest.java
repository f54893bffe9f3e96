package dev.caravan.engine.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A template is a program from a file: it ends, stays small, and says where it fails. */
@Timeout(30)
class JinjaLimitsTest {

    private static String render(String template) {
        StringBuilder text = new StringBuilder();
        JinjaTemplate.parse(template)
                .render(List.of(new ChatMessage("user", "x")))
                .forEach(piece -> text.append(piece.text()));
        return text.toString();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
                "{% for a in range(99999) %}{{ range(99999)|length }}{% endfor %}",
                "{% set ns = namespace(l=[1]) %}{% for a in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
                "{{ ([0] * 99999) * 99999 }}"
            })
    void stopsAfterTooManySteps(String template) {
        assertThatThrownBy(() -> render(template))
                .isInstanceOf(JinjaException.class)
                .hasMessageContaining("steps");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% set ns = namespace(s='0123456789') %}{% for a in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
                "{{ 'x' * 2000000000 }}",
                "{{ ''.rjust(2000000000) }}",
                "{{ ('x' * 1000000).replace('x', 'y' * 1000000) }}",
                "{% for a in range(99999) %}{{ 'x' * 100000 }}{% endfor %}"
            })
    void stopsAtTooManyCharacters(String template) {
        assertThatThrownBy(() -> render(template))
                .isInstanceOf(JinjaException.class)
                .hasMessageContaining("characters");
    }

    @Test
    void stopsEndlessRecursion() {
        assertThatThrownBy(() -> render("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"))
                .isInstanceOf(JinjaException.class)
                .hasMessageContaining("nested deeper");
    }

    @Test
    void stopsValuesThatAreNestedWithoutEnd() {
        String nested = "{% set ns = namespace(l=[]) %}{% for a in range(99999) %}{% set ns.l = [ns.l] %}{% endfor %}"
                + "{% set other = namespace(l=[]) %}{% for a in range(99999) %}{% set other.l = [other.l] %}{% endfor %}";
        assertThatThrownBy(() -> render(nested + "{{ ns.l == other.l }}"))
                .isInstanceOf(JinjaException.class)
                .hasMessageContaining("too deeply");
    }

    @ParameterizedTest
    @CsvSource({"(,)", "[,]", "{1:,}", "-,''", "'not ',''", "x(,)", "x[,]", "'1 if 1 else ',''"})
    void refusesDeepNesting(String open, String close) {
        String template = "{{ " + open.repeat(50_000) + "1" + close.repeat(50_000) + " }}";
        assertThatThrownBy(() -> JinjaTemplate.parse(template))
                .isInstanceOf(JinjaException.class)
                .hasMessageContaining("nested deeper");
    }

    @Test
    void refusesEndlessChains() {
        assertThatThrownBy(() -> JinjaTemplate.parse("{{ 1" + "+1".repeat(100_000) + " }}"))
                .hasMessageContaining("terms");
        assertThatThrownBy(() -> JinjaTemplate.parse("{{ a" + ".b".repeat(100_000) + " }}"))
                .hasMessageContaining("terms");
        assertThatThrownBy(() -> JinjaTemplate.parse("{{ a" + "|trim".repeat(100_000) + " }}"))
                .hasMessageContaining("terms");
        assertThatThrownBy(() -> JinjaTemplate.parse("{% if a %}".repeat(100_000)))
                .hasMessageContaining("nested deeper");
        assertThatThrownBy(() -> JinjaTemplate.parse("x".repeat(2_000_000))).hasMessageContaining("at most");
        assertThatThrownBy(() -> render("{{ 9 ** 9999 }}")).hasMessageContaining("too large");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\n\n{{ 1 + 'x' }}", "a\nb\n{{ nothing.at.all }}", "\n\n{% if %}", "\r\n\n{{ 'open }}"})
    void saysTheLine(String template) {
        assertThatThrownBy(() -> render(template))
                .isInstanceOf(JinjaException.class)
                .hasMessageContaining("line 3")
                .extracting(problem -> ((JinjaException) problem).line())
                .isEqualTo(3);
    }

    @Test
    void refusesInTheTemplatesOwnWords() {
        assertThatThrownBy(() -> render("\n{{ raise_exception('역할이 번갈아야 합니다') }}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("역할이 번갈아야 합니다");
    }

    @Test
    void rendersALongConversationQuickly() {
        JinjaTemplate template = JinjaTemplate.parse(GoldenTemplates.resource("chatml.jinja"));
        List<ChatMessage> messages = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            messages.add(new ChatMessage(i % 2 == 0 ? "user" : "assistant", "가나다 ".repeat(1000)));
        }
        long start = System.nanoTime();
        assertThat(template.render(messages)).isNotEmpty();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    }
}
