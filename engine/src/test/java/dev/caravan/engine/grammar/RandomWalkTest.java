package dev.caravan.engine.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.tokenizer.Tokenizer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tokens drawn uniformly among the allowed ones: whatever comes is valid JSON and valid against the schema, as an
 * independent validator says.
 */
class RandomWalkTest {
    private static final int WALKS = 500;
    private static final int MOST_TOKENS = 3000;
    private static final Tokenizer BYTE_LEVEL = TestVocabularies.byteLevel();
    private static final Tokenizer SENTENCE_PIECE = TestVocabularies.sentencePiece();

    /** All but one whose end would have to be guessed, and one that has a test of its own. */
    static List<SchemaCases> cases() {
        return SchemaCases.all().stream()
                .filter(schemaCase -> !Set.of("search-pattern", "email").contains(schemaCase.name()))
                .toList();
    }

    /** The validator looks up the top-level domain among those that exist, which no standard asks for. */
    @Test
    void everyEmailAddressIsValidUpToItsTopLevelDomain() {
        Map<String, Object> schema = SchemaCases.named("email").schema();
        Validity validity = new Validity(schema);
        for (int seed = 0; seed < WALKS; seed++) {
            Answer answer = new Answer(TokenGrammar.forJsonSchema(schema, BYTE_LEVEL), BYTE_LEVEL);
            assertThat(answer.walk(new SplittableRandom(seed), MOST_TOKENS)).isTrue();
            String address = answer.text().replaceAll("[.][a-zA-Z]+\"$", ".kr\"");
            assertThat(validity.faults(address))
                    .as("seed %d: %s", seed, address)
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyWalkEndsAndIsValid(SchemaCases schema) {
        Validity validity = new Validity(schema.schema());
        for (int seed = 0; seed < WALKS; seed++) {
            Tokenizer tokenizer = seed % 2 == 0 ? BYTE_LEVEL : SENTENCE_PIECE;
            Answer answer = new Answer(TokenGrammar.forJsonSchema(schema.schema(), tokenizer), tokenizer);
            boolean hasEnded = answer.walk(new SplittableRandom(seed), MOST_TOKENS);
            assertThat(hasEnded).as("seed %d ends: %s", seed, answer.text()).isTrue();
            assertThat(validity.faults(answer.text()))
                    .as("seed %d: %s", seed, answer.text())
                    .isEmpty();
            assertThat(answer.isNarrowed()).isFalse();
        }
    }
}
