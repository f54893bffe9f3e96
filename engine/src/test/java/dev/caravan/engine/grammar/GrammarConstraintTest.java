package dev.caravan.engine.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.tokenizer.Tokenizer;
import dev.caravan.engine.tokenizer.Tokenizer.Specials;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GrammarConstraintTest {
    private static final Tokenizer BYTE_LEVEL = TestVocabularies.byteLevel();
    private static final Tokenizer SENTENCE_PIECE = TestVocabularies.sentencePiece();

    static List<SchemaCases> cases() {
        return SchemaCases.all();
    }

    static List<Tokenizer> tokenizers() {
        return List.of(BYTE_LEVEL, SENTENCE_PIECE);
    }

    /** Both in the tokens that the tokenizer would take and in the shortest there are. */
    @ParameterizedTest
    @MethodSource("cases")
    void allowsEveryTokenOfAValidDocumentAndThenTheEnd(SchemaCases schema) {
        for (Tokenizer tokenizer : tokenizers()) {
            TokenGrammar grammar = TokenGrammar.forJsonSchema(schema.schema(), tokenizer);
            for (String text : schema.valid()) {
                for (int[] tokens : List.of(encode(tokenizer, text), bytes(tokenizer, text))) {
                    Answer answer = new Answer(grammar, tokenizer);
                    for (int token : tokens) {
                        assertThat(answer.allows(token))
                                .as("token %d of %s after %s", token, text, answer.text())
                                .isTrue();
                        answer.add(token);
                    }
                    assertThat(answer.allowed()).contains(toArray(tokenizer));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void refusesAnInvalidDocumentAtSomeToken(SchemaCases schema) {
        for (Tokenizer tokenizer : tokenizers()) {
            TokenGrammar grammar = TokenGrammar.forJsonSchema(schema.schema(), tokenizer);
            for (String text : schema.invalid()) {
                Answer answer = new Answer(grammar, tokenizer);
                boolean isRefused = false;
                for (int token : encode(tokenizer, text)) {
                    isRefused |= !answer.allows(token);
                    answer.add(token);
                }
                isRefused |= !answer.allows(tokenizer.endTokens().iterator().next());
                // A refused token leaves nothing but the end, so the end says nothing then.
                assertThat(isRefused).as(text).isTrue();
            }
        }
    }

    /** The mask is what trying each token by itself would give. */
    @ParameterizedTest
    @MethodSource("cases")
    void theMaskHoldsExactlyTheTokensThatFitByteByByte(SchemaCases schema) {
        for (Tokenizer tokenizer : tokenizers()) {
            TokenGrammar grammar = TokenGrammar.forJsonSchema(schema.schema(), tokenizer);
            Network network = GrammarCompiler.compile(JsonSchemaGrammar.of(schema.schema()));
            Automaton automaton = new Automaton(network);
            Answer answer = new Answer(grammar, tokenizer);
            ParseState state = automaton.start(Frame.bottom(0));
            String text = schema.valid().getLast();
            for (int token : encode(tokenizer, text)) {
                assertThat(answer.allowed())
                        .as("after %s", answer.text())
                        .containsExactly(fitting(tokenizer, automaton, state));
                answer.add(token);
                state = after(tokenizer, automaton, state, token);
            }
            assertThat(answer.allowed()).containsExactly(fitting(tokenizer, automaton, state));
        }
    }

    /** Counts near their limits, and bodies that can be counted in several ways. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "root ::= \"<\" [^>]{3,20} \">\"",
                "root ::= text{2,4} \"!\"\ntext ::= \"<\" [^>]{2,9} \">\"",
                "root ::= (\"a\" | \"aa\" | \"ab\"){3,30} \"b\"",
                "root ::= ([a-z]{2,40} \" \"?){2,9} [0-9]?",
                "root ::= [a-z]{4,15} [a-m]{2,15} [a-z ]*",
                "root ::= [가-힣a-z ]{5,}",
                "root ::= .{1,12} | [0-9]{2,30} \"x\"",
                "root ::= item (\", \" item){0,20}\nitem ::= [a-z]+ | \"(\" root \")\"",
            })
    void theMaskIsExactWhateverIsCounted(String gbnf) {
        for (Tokenizer tokenizer : tokenizers()) {
            TokenGrammar grammar = TokenGrammar.forGrammar(gbnf, tokenizer);
            Automaton automaton = new Automaton(GrammarCompiler.compile(Grammar.parse(gbnf)));
            for (int seed = 0; seed < 4; seed++) {
                SplittableRandom random = new SplittableRandom(seed);
                Answer answer = new Answer(grammar, tokenizer);
                ParseState state = automaton.start(Frame.bottom(0));
                for (int[] allowed = answer.allowed(); answer.count() < 25; allowed = answer.allowed()) {
                    assertThat(allowed)
                            .as("after %s", answer.text())
                            .containsExactly(fitting(tokenizer, automaton, state));
                    int token = allowed[random.nextInt(allowed.length)];
                    if (tokenizer.endTokens().contains(token)) {
                        break;
                    }
                    answer.add(token);
                    state = after(tokenizer, automaton, state, token);
                }
            }
        }
    }

    private static int[] fitting(Tokenizer tokenizer, Automaton automaton, ParseState state) {
        int[] fitting = new int[tokenizer.vocabSize()];
        int count = 0;
        for (int token = 0; token < fitting.length; token++) {
            automaton.rest();
            boolean isEnd = tokenizer.endTokens().contains(token);
            boolean fits = isEnd
                    ? state.isComplete
                    : tokenizer.bytes(token).length > 0
                            && !after(tokenizer, automaton, state, token).isDead();
            if (fits) {
                fitting[count++] = token;
            }
        }
        return Arrays.copyOf(fitting, count);
    }

    private static ParseState after(Tokenizer tokenizer, Automaton automaton, ParseState state, int token) {
        ParseState following = state;
        for (byte value : tokenizer.bytes(token)) {
            following = automaton.next(following, value & 0xFF);
        }
        return following;
    }

    @Test
    void aCharacterMayComeInSeveralTokens() {
        Answer answer = new Answer(TokenGrammar.forGrammar("root ::= [가-나]+ \"다\"", SENTENCE_PIECE), SENTENCE_PIECE);
        int[] bytes = bytes(SENTENCE_PIECE, "갛다");

        for (int token : bytes) {
            assertThat(answer.allowed()).contains(token).doesNotContain(toArray(SENTENCE_PIECE));
            answer.add(token);
        }

        assertThat(bytes).hasSize(6);
        assertThat(answer.text()).isEqualTo("갛다");
        assertThat(answer.allowed()).containsOnly(toArray(SENTENCE_PIECE));
    }

    @Test
    void onlyTheSecondByteOfACharacterFollowsTheFirst() {
        Answer answer = new Answer(TokenGrammar.forGrammar("root ::= .*", SENTENCE_PIECE), SENTENCE_PIECE);
        answer.add(bytes(SENTENCE_PIECE, "가")[0]);

        for (int token : answer.allowed()) {
            assertThat(SENTENCE_PIECE.bytes(token)[0] & 0xC0).isEqualTo(0x80);
        }
    }

    @Test
    void controlTokensAreNeverAllowedAndTheEndOnlyAtTheEnd() {
        Answer answer = new Answer(TokenGrammar.forGrammar("root ::= .* \"!\"", BYTE_LEVEL), BYTE_LEVEL);
        int[] exclamation = encode(BYTE_LEVEL, "!");

        for (int token : answer.allowed()) {
            assertThat(BYTE_LEVEL.bytes(token)).isNotEmpty();
            assertThat(BYTE_LEVEL.endTokens()).doesNotContain(token);
        }
        answer.add(exclamation[0]);
        assertThat(answer.allowed()).contains(toArray(BYTE_LEVEL)).contains(exclamation);
    }

    @Test
    void afterAWholeTextThatNothingContinuesOnlyTheEndRemains() {
        Answer answer = new Answer(TokenGrammar.forGrammar("root ::= \"yes\" | \"no\"", BYTE_LEVEL), BYTE_LEVEL);
        for (int token : encode(BYTE_LEVEL, "yes")) {
            answer.add(token);
        }

        assertThat(answer.allowed()).containsOnly(toArray(BYTE_LEVEL));
    }

    @Test
    void afterATokenThatDoesNotFitOnlyTheEndRemains() {
        Answer answer = new Answer(TokenGrammar.forGrammar("root ::= \"yes\"", BYTE_LEVEL), BYTE_LEVEL);
        answer.add(encode(BYTE_LEVEL, "n")[0]);

        assertThat(answer.allowed()).containsOnly(toArray(BYTE_LEVEL));
    }

    /** As speculation does: guessed tokens are taken back, a few or hundreds. */
    @Test
    void anAnswerThatGotShorterOrOtherIsFollowedFromThere() {
        Map<String, Object> schema = SchemaCases.named("free-object").schema();
        TokenGrammar grammar = TokenGrammar.forJsonSchema(schema, BYTE_LEVEL);
        SplittableRandom random = new SplittableRandom(7);
        Answer answer = new Answer(grammar, BYTE_LEVEL);
        for (int round = 0; round < 300; round++) {
            int[] allowed = answer.allowed();
            int token = allowed[random.nextInt(allowed.length)];
            if (BYTE_LEVEL.endTokens().contains(token) || random.nextInt(10) == 0) {
                int back = random.nextInt(5) == 0 ? answer.count() : Math.min(answer.count(), random.nextInt(6));
                answer.takeBack(answer.count() - back);
            } else {
                answer.add(token);
            }
            assertThat(answer.allowed())
                    .containsExactly(answer.withNewConstraint(grammar).allowed());
        }
        assertThat(answer.count()).isPositive();
    }

    @Test
    void theSameSchemaIsCompiledOnce() {
        Map<String, Object> schema = SchemaCases.named("person").schema();

        assertThat(TokenGrammar.forJsonSchema(schema, BYTE_LEVEL))
                .isSameAs(TokenGrammar.forJsonSchema(SchemaCases.named("person").schema(), BYTE_LEVEL))
                .isNotSameAs(TokenGrammar.forJsonSchema(schema, SENTENCE_PIECE));
    }

    @Test
    void logitsOfAnotherModelAreRefusedAndPaddingIsForbidden() {
        GrammarConstraint constraint = GrammarConstraint.forJsonObject(BYTE_LEVEL);
        float[] padded = new float[BYTE_LEVEL.vocabSize() + 100];

        constraint.apply(new int[0], 0, padded);

        for (int token = BYTE_LEVEL.vocabSize(); token < padded.length; token++) {
            assertThat(padded[token]).isEqualTo(Float.NEGATIVE_INFINITY);
        }
        assertThatThrownBy(() -> constraint.apply(new int[0], 0, new float[10]))
                .hasMessageContaining("made for another tokenizer");
    }

    /** Without the space that SentencePiece puts in front of a text: an answer goes on after a prompt. */
    private static int[] encode(Tokenizer tokenizer, String text) {
        int[] tokens = tokenizer.encode(text, Specials.AS_TEXT);
        if (tokens.length == 0 || tokenizer.bytes(tokens[0])[0] != ' ') {
            return tokens;
        }
        String first = new String(tokenizer.bytes(tokens[0]), StandardCharsets.UTF_8);
        return IntStream.concat(
                        Arrays.stream(bytes(tokenizer, first.substring(1))), Arrays.stream(tokens, 1, tokens.length))
                .toArray();
    }

    /** A token of one byte for each byte. */
    private static int[] bytes(Tokenizer tokenizer, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int[] tokens = new int[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            tokens[i] = token(tokenizer, bytes[i]);
        }
        return tokens;
    }

    private static int token(Tokenizer tokenizer, byte value) {
        for (int token = 0; token < tokenizer.vocabSize(); token++) {
            byte[] bytes = tokenizer.bytes(token);
            if (bytes.length == 1 && bytes[0] == value && !tokenizer.endTokens().contains(token)) {
                return token;
            }
        }
        throw new AssertionError("no token for byte " + value);
    }

    private static int[] toArray(Tokenizer tokenizer) {
        return tokenizer.endTokens().stream().mapToInt(Integer::intValue).toArray();
    }
}
