package dev.caravan.engine.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.tokenizer.Tokenizer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Grammars made to take all time or memory: each step stays bounded and leaves a token. */
class HostileGrammarTest {
    private static final Tokenizer TOKENIZER = TestVocabularies.byteLevel();

    @ParameterizedTest
    @ValueSource(
            strings = {
                // Two ways at every character, told apart only at the end.
                "root ::= \"x\" root \"a\" | \"x\" root \"b\" | \"c\"",
                "root ::= s\ns ::= a | b\na ::= [a-z] s \"1\"\nb ::= [a-z] s \"2\" | \"!\"",
                // Every way to cut a text into parts.
                "root ::= ([a-z]+)+ \"!\"",
                "root ::= (([a-z]*)*)* \"!\"",
                "root ::= ([a-z]{1,5}){1,5000} \"!\"",
                "root ::= ((([a-z]{1,900}){1,900}){1,900}){1,900} \"!\"",
                "root ::= ([a-z] | [a-y] | [a-x] | [a-w] [a-z]?)* \"!\"",
                // Brackets without end.
                "root ::= \"(\" root \")\" | \"[\" root \"]\" | [a-z]?",
                "root ::= [a-z]? [a-z]? [a-z]? [a-z]? [a-z]? [a-z]? [a-z]? [a-z]? root2\nroot2 ::= [a-z]{0,60} \"!\"",
            })
    void everyStepIsBoundedAndLeavesAToken(String gbnf) {
        Assertions.assertTimeout(Duration.ofSeconds(60), () -> {
            TokenGrammar grammar = TokenGrammar.forGrammar(gbnf, TOKENIZER);
            for (int seed = 0; seed < 2; seed++) {
                Answer answer = new Answer(grammar, TOKENIZER);
                SplittableRandom random = new SplittableRandom(seed);
                boolean hasEnded = false;
                while (!hasEnded && answer.count() < 300) {
                    int[] allowed = answer.allowed();
                    assertThat(allowed).isNotEmpty();
                    int token = allowed[random.nextInt(allowed.length)];
                    hasEnded = TOKENIZER.endTokens().contains(token);
                    if (!hasEnded) {
                        answer.add(token);
                    }
                }
            }
        });
    }

    /** What is dropped at a bound must not make what remains invalid. */
    @Test
    void anAnswerUnderATooAmbiguousGrammarStillMatchesIt() {
        String gbnf = "root ::= \"x\" root \"a\" | \"x\" root \"b\" | \"c\"";
        Answer answer = new Answer(TokenGrammar.forGrammar(gbnf, TOKENIZER), TOKENIZER);
        int x = TOKENIZER.encode("x", Tokenizer.Specials.AS_TEXT)[0];
        int c = TOKENIZER.encode("c", Tokenizer.Specials.AS_TEXT)[0];
        for (int i = 0; i < 40; i++) {
            assertThat(answer.allows(x)).isTrue();
            answer.add(x);
        }
        answer.add(c);

        assertThat(answer.walk(new SplittableRandom(1), 200)).isTrue();
        assertThat(answer.isNarrowed()).isTrue();
        assertThat(answer.text()).matches("x{40}c[ab]{40}");
    }

    /** A model that only opens brackets must close them in time. */
    @Test
    void nestingIsBoundedAndCanAlwaysBeClosed() {
        Answer answer = new Answer(TokenGrammar.forJsonObject(TOKENIZER), TOKENIZER);
        int bracket = TOKENIZER.encode("[", Tokenizer.Specials.AS_TEXT)[0];
        for (int token : TOKENIZER.encode("{\"a\":", Tokenizer.Specials.AS_TEXT)) {
            answer.add(token);
        }
        int opened = 0;
        while (answer.allows(bracket)) {
            answer.add(bracket);
            opened++;
        }

        assertThat(opened).isBetween(60, Automaton.MAX_DEPTH);
        assertThat(answer.walk(new SplittableRandom(1), 3000)).isTrue();
        assertThat(new Validity(Map.of("type", "object")).faults(answer.text())).isEmpty();
    }

    @Test
    void whiteSpaceIsBoundedEverywhere() {
        for (SchemaCases schema : SchemaCases.all()) {
            Grammar grammar = JsonSchemaGrammar.of(schema.schema());
            for (String text : schema.valid()) {
                assertThat(Texts.matches(grammar, text + "\n")).isFalse();
                for (int i = 1; i < text.length(); i++) {
                    boolean isOutsideStrings = "{[,:".indexOf(text.charAt(i - 1)) >= 0
                            && text.substring(0, i)
                                                    .chars()
                                                    .filter(c -> c == '"')
                                                    .count()
                                            % 2
                                    == 0
                            && text.indexOf('\\') < 0;
                    if (isOutsideStrings) {
                        String spaces = text.substring(0, i) + "\n".repeat(2);
                        assertThat(Texts.begins(grammar, spaces)).as(spaces).isFalse();
                        spaces = text.substring(0, i) + " ".repeat(2);
                        assertThat(Texts.begins(grammar, spaces)).as(spaces).isFalse();
                    }
                }
            }
        }
    }

    @Test
    void aGrammarThatExplodesIsRefused() {
        StringBuilder gbnf = new StringBuilder("root ::= r20\nr0 ::= [가-힣]{9,99} r0?\n");
        for (int i = 1; i <= 20; i++) {
            gbnf.append("r%d ::= r%d r%d\n".formatted(i, i - 1, i - 1));
        }
        StringBuilder many = new StringBuilder("root ::= \"a\"\n");
        for (int i = 0; i < Grammar.MAX_RULES; i++) {
            many.append("r%d ::= \"c\"%n".formatted(i));
        }

        assertThat(GrammarCompiler.compile(Grammar.parse(gbnf.toString())).nodes())
                .hasSizeLessThan(1000);
        assertThatThrownBy(() -> Grammar.parse(many.toString())).hasMessageContaining("at most 8192 are supported");
        assertThatThrownBy(() -> GrammarCompiler.compile(Grammar.parse("root ::= (\"a\"?){60}{60}{60}{60}")))
                .hasMessageContaining("more than 262144 steps");
    }

    @Test
    void aLongChainOfRulesIsRefused() {
        StringBuilder gbnf = new StringBuilder("root ::= r0\n");
        for (int i = 0; i < 5000; i++) {
            gbnf.append("r%d ::= r%d [x-z]?\n".formatted(i, i + 1));
        }
        gbnf.append("r5000 ::= \"b\"\n");

        Grammar grammar = Grammar.parse(gbnf.toString());

        assertThatThrownBy(() -> GrammarCompiler.compile(grammar)).hasMessageContaining("nested more than 256 deep");
    }

    /** Each rule says whether it can end only once the next one has. */
    @Test
    void aGrammarOfThousandsOfRulesCompilesInTime() {
        StringBuilder gbnf = new StringBuilder("root ::= r0\n");
        for (int i = 0; i < 8000; i++) {
            gbnf.append("r%d ::= [a-z]* \"some\" r%d\n".formatted(i, i + 1));
        }
        gbnf.append("r8000 ::= \"b\"\n");

        Assertions.assertTimeout(
                Duration.ofSeconds(10),
                () -> assertThat(GrammarCompiler.compile(Grammar.parse(gbnf.toString()))
                                .nodes())
                        .hasSizeGreaterThan(8000 * 6));
    }

    @Test
    void aLargeFlatSchemaIsNoTrouble() {
        Map<String, Object> properties = new LinkedHashMap<>();
        for (int i = 0; i < 1000; i++) {
            properties.put("property" + i, Map.of("type", i % 2 == 0 ? "string" : "integer"));
        }
        Map<String, Object> schema =
                Map.of("type", "object", "properties", properties, "required", List.of("property999"));

        Answer answer = new Answer(TokenGrammar.forJsonSchema(schema, TOKENIZER), TOKENIZER);

        assertThat(answer.walk(new SplittableRandom(3), 9000)).isTrue();
        assertThat(new Validity(schema).faults(answer.text())).isEmpty();
    }
}
