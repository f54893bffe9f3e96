package dev.caravan.engine.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GbnfParserTest {
    /** Rows of the tables cannot be broken. */
    private static final String LINE_END = "¶";

    @ParameterizedTest
    @CsvSource(
            delimiterString = "=>",
            quoteCharacter = '`',
            value = {
                "root ::= \"a\" \"b\" => ab => abc",
                "root ::= \"a\" | \"bc\" => bc => b",
                "root ::= \"a\" (\"b\" | \"c\")* \"d\" => abccbd => ab",
                "root ::= [a-c]+ => abccba => abd",
                "root ::= [^a-c] => 한 => a",
                "root ::= [가-힣]{2,3} => 한국어 => 한",
                "root ::= \"x\"{3} => xxx => xx",
                "root ::= \"x\"{2,} => xxxxx => x",
                "root ::= \"x\"{,2} \"y\" => xy => xxxy",
                "root ::= \"x\"? \"y\" => y => x",
                "root ::= . \"!\" => 😀! => !",
                "root ::= \"\\x41\\u00e9\\U0001F600\\t\" => `Aé😀\t` => A",
                "root ::= [\\]\\-\\^a] => ] => b",
                "root ::= [a-] => - => b",
                "root ::= item (\", \" item)* # a list¶item ::= [0-9]+ => 1, 22, 3 => 1,2",
                "root ::=¶  \"a\" (¶ \"b\"¶ | \"c\"¶ )¶ => ac => a",
                "root ::= first |¶ second¶first ::= \"1\"¶second ::= \"2\" => 2 => 12",
                "root ::= \"(\" root \")\" | \"x\" => ((x)) => ((x)",
                "root ::= \"a\"{2}{3} => aaaaaa => aaaa",
                "root ::= (\"a\"*)* \"b\" => aaab => a",
                "root ::= (\"a\"?){3} \"b\" => aab => aaaab",
                "root ::= (\"a\" | \"ab\") (\"c\" | \"bc\") => abc => ab",
            })
    void matchesOneTextAndNotTheOther(String gbnf, String matching, String other) {
        Grammar grammar = Grammar.parse(gbnf.replace(LINE_END, "\n"));

        assertThat(Texts.matches(grammar, matching)).isTrue();
        assertThat(Texts.matches(grammar, other)).isFalse();
    }

    @Test
    void readsAGrammarOfArithmetic() {
        Grammar grammar = Grammar.parse("""
                # sums of products
                root    ::= sum "\\n"
                sum     ::= product ([-+] product)*
                product ::= factor ([*/] factor)*
                factor  ::= number | "(" sum ")"
                number  ::= "0" | [1-9] [0-9]{0,15}
                """);

        assertThat(Texts.matches(grammar, "1+2*(30-4)/5\n")).isTrue();
        assertThat(Texts.matches(grammar, "1+2*(30-4/5\n")).isFalse();
        assertThat(Texts.matches(grammar, "01\n")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = "=>",
            quoteCharacter = '`',
            value = {
                "start ::= \"a\" => no rule 'root'",
                "root ::= other => rule 'root' uses 'other'",
                "root ::= \"a => line 1, column 10: this text is not closed",
                "root ::= [a-z => line 1, column 10: this class is not closed",
                "root ::= (\"a\" => line 1, column 10: this group is not closed",
                "root ::= \"a\"¶root ::= \"b\" => line 2, column 1: there are two rules 'root'",
                "root ::= \"a\")  => line 1, column 13: unexpected ')'",
                "root ::= \"\\q\" => line 1, column 11: unknown escape",
                "root ::= \"\\xZZ\" => line 1, column 11: this escape needs 2",
                "root ::= \"\\U00110000\" => U+110000 is no character",
                "root ::= \"\\uD800\" => U+D800 is no character",
                "root ::= [z-a] => runs backwards",
                "root ::= [] => holds no character",
                "root ::= \"a\"{3,2} => at least 3 and at most 2",
                "root ::= \"a\"{x} => expected a number",
                "root ::= \"a\"{999999999} => expected a number of at most 8 digits",
                "root ::= \"a\"{1 => this repetition is not closed",
                "root = \"a\" => line 1, column 6: expected ::=",
                "root ::= 가 => line 1, column 10: expected a rule name",
                "root ::= <think> => tokens by name",
                "root ::= \"한\"¶  | 가 => line 2, column 5",
                "root ::= root \"a\" | \"a\" => rule 'root' begins with itself",
                "root ::= a¶a ::= b? c¶b ::= \"b\"¶c ::= a \"x\" => begins with itself",
                "root ::= \"a\"* root \"b\" | \"c\" => begins with itself",
                "root ::= \"a\" root => no answer can ever end",
            })
    void saysWhatIsWrongAndWhere(String gbnf, String sentence) {
        assertThatThrownBy(() -> GrammarCompiler.compile(Grammar.parse(gbnf.replace(LINE_END, "\n"))))
                .isInstanceOf(GrammarException.class)
                .hasMessageContaining(sentence);
    }

    @Test
    void refusesWhatIsTooLargeOrTooDeep() {
        String deep = "root ::= " + "(".repeat(1000) + "\"a\"" + ")".repeat(1000);
        String large = "root ::= \"" + "a".repeat(GbnfParser.MAX_CHARACTERS) + "\"";
        String signs = "root ::= \"a\"" + "*".repeat(1000);

        assertThatThrownBy(() -> Grammar.parse(deep)).hasMessageContaining("nested more than 64 deep");
        assertThatThrownBy(() -> Grammar.parse(large)).hasMessageContaining("at most 262144 are supported");
        assertThatThrownBy(() -> Grammar.parse(signs)).hasMessageContaining("repeated more than 64 times over");
    }
}
