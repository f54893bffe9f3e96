package dev.caravan.engine.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.LanguageModels;
import dev.caravan.engine.LoadOptions;
import dev.caravan.engine.generate.Generation;
import dev.caravan.engine.generate.Generation.FinishReason;
import dev.caravan.engine.generate.GenerationRequest;
import dev.caravan.engine.generate.SamplingParameters;
import dev.caravan.testkit.TestModels;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real vocabulary of 262,144 tokens and the real model, greedy and sampled. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Gemma3GrammarTest {
    private static final Map<String, Object> EVENT = Map.of(
            "type",
            "object",
            "properties",
            SchemaCases.ordered(
                    "title", Map.of("type", "string", "maxLength", 20),
                    "date", Map.of("type", "string", "format", "date"),
                    "people",
                            Map.of(
                                    "type",
                                    "array",
                                    "minItems",
                                    1,
                                    "maxItems",
                                    3,
                                    "items",
                                    Map.of("type", "string", "minLength", 1, "maxLength", 10)),
                    "price", Map.of("type", "integer", "minimum", 0, "maximum", 1_000_000),
                    "kind", Map.of("enum", List.of("회의", "출장", "휴가"))),
            "required",
            List.of("title", "date", "people", "price", "kind"),
            "additionalProperties",
            false);

    private LanguageModel model;

    @BeforeAll
    void load() {
        model = LanguageModels.load(TestModels.gemma3(), new LoadOptions(2, 1024, Long.MAX_VALUE), "not needed");
    }

    @AfterAll
    void close() {
        model.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "다음 일정을 JSON으로 적으면: 11월 24일 김철수와 이영희가 부산으로 출장, 비용 30만원.\n",
                "The meeting as JSON: Kim and Lee meet on 2026-11-24, it costs nothing.\n",
                "}}}}]]]]",
            })
    void everyAnswerEndsAndIsValidGreedyAndSampled(String prompt) {
        Validity validity = new Validity(EVENT);
        for (int seed = 0; seed < 4; seed++) {
            SamplingParameters sampling =
                    seed == 0 ? SamplingParameters.GREEDY : new SamplingParameters(1.0f, 0, 0.95f, 0, 1, seed);
            Generation generation = model.generate(
                    new GenerationRequest(
                            model.encodeText(prompt),
                            sampling,
                            400,
                            List.of(),
                            () -> false,
                            GrammarConstraint.forJsonSchema(EVENT, model.tokenizer())),
                    text -> {});
            assertThat(generation.finishReason()).as(generation.text()).isEqualTo(FinishReason.STOP);
            assertThat(validity.faults(generation.text())).as(generation.text()).isEmpty();
        }
    }

    @Test
    void aGrammarLeavesTheModelItsChoice() {
        Generation generation = model.generate(
                new GenerationRequest(
                        model.encodeText("The capital of France is"),
                        SamplingParameters.GREEDY,
                        10,
                        List.of(),
                        () -> false,
                        GrammarConstraint.forGrammar(
                                "root ::= \" Seoul\" | \" Paris\" | \" Tokyo\"", model.tokenizer())),
                text -> {});

        assertThat(generation.text()).isEqualTo(" Paris");
        assertThat(generation.finishReason()).isEqualTo(FinishReason.STOP);
    }

    /** Bytes of a character one by one, as SentencePiece falls back to where it knows no token. */
    @Test
    void charactersOfByteTokensFit() {
        Answer answer =
                new Answer(TokenGrammar.forJsonSchema(Map.of("const", "갛🫠"), model.tokenizer()), model.tokenizer());
        for (byte value : "\"갛🫠\"".getBytes(StandardCharsets.UTF_8)) {
            int token = 0;
            for (int allowed : answer.allowed()) {
                byte[] bytes = model.tokenizer().bytes(allowed);
                token = bytes.length == 1 && bytes[0] == value ? allowed : token;
            }
            answer.add(token);
        }

        assertThat(answer.text()).isEqualTo("\"갛🫠\"");
        assertThat(answer.count()).isEqualTo(9);
        assertThat(answer.allowed()).containsOnly(1, 106);
    }

    @ParameterizedTest
    @ValueSource(strings = {"person", "orders", "tree", "free-object", "formats", "any-value"})
    void walksOverTheRealVocabularyAreValid(String name) {
        Map<String, Object> schema = SchemaCases.named(name).schema();
        Validity validity = new Validity(schema);
        for (int seed = 0; seed < 5; seed++) {
            Answer answer = new Answer(TokenGrammar.forJsonSchema(schema, model.tokenizer()), model.tokenizer());
            assertThat(answer.walk(new SplittableRandom(seed), 2000)).isTrue();
            assertThat(validity.faults(answer.text())).as(answer.text()).isEmpty();
        }
    }
}
