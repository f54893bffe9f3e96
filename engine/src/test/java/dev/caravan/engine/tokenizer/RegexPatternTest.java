package dev.caravan.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where Oniguruma's syntax and Java's differ; what it does there was read off the tokenizers library, 0.23.3. */
class RegexPatternTest {

    private static String matches(String expression, String text) {
        List<String> found = new ArrayList<>();
        RegexPattern.compile(expression)
                .find(text, 0, text.length(), (start, end) -> found.add(text.substring(start, end)));
        return String.join("/", found);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`\\p{N}{1,3}+` | `1234567x12` | `1234567/12`",
                "`a?+b` | `ab` | `ab`",
                "`a++b` | `aab` | `aab`",
                "`(?i:'s)` | `'S'ſ` | `'S/'ſ`",
                "`\\h+` | `xBEEF cafe` | `BEEF/cafe`",
                "`[\\h-]+` | `xBE-EFx` | `BE-EF`",
                "`\\w+` | `한글 a\u200db_1` | `한글/a/b_1`",
                "`[^\\w]+` | `a\u200d b` | `\u200d `",
                "`\\W` | `a\u200cb` | `\u200c`",
                "`\\s+` | `a\u3000\u0085\u00a0b\u200bc` | `\u3000\u0085\u00a0`",
                "`\\p{Han}+` | `漢字かな` | `漢字`",
                "`\\p{^L}+` | `a12b` | `12`",
                "`\\p{Hangul}` | `a가` | `가`",
                "`.+` | `a\u2028b` | `a\u2028b`",
                "`^b` | `a\nb` | `b`",
                "`a$` | `a\nb` | `a`",
                "`(?m:a.b)` | `a\nb` | `a\nb`",
                "`{x}` | `a{x}` | `{x}`",
                "`a{,2}b` | `aaab` | `aab`",
                "`[]a]+` | `x]ax` | `]a`",
                "`[a-z&&[^aeiou]]+` | `hello` | `h/ll`",
                "`(a)(b)` | `ab` | `ab`",
            })
    void matchesAsTheLibraryDoes(String expression, String text, String expected) {
        assertThat(matches(expression, text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(a)\\1",
                "\\k<a>",
                "(?<a>b)",
                "a(?i)b",
                "(?x: a)",
                "[[:alpha:]]",
                "\\R",
                "\\X",
                "\\pL",
                "a{3}?",
                "[a",
                "a\\",
                "*a",
                "\\Ga",
                "(?#a)"
            })
    void refusesWhatHasNoEqual(String expression) {
        assertThatThrownBy(() -> RegexPattern.compile(expression))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the expression '%s'".formatted(expression));
    }

    @Test
    void looksAtNothingOutsideOfTheStretch() {
        List<Integer> ends = new ArrayList<>();
        RegexPattern.compile("\\s+(?!\\S)").find("a  b", 1, 3, (start, end) -> ends.add(end));
        assertThat(ends).containsExactly(3);
    }
}
