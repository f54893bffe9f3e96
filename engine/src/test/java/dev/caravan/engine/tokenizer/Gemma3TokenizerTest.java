package dev.caravan.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.format.gguf.GgufFile;
import dev.caravan.testkit.TestModels;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The real vocabulary of Gemma 3 against llama.cpp. */
class Gemma3TokenizerTest {
    private static Tokenizer tokenizer;

    @BeforeAll
    static void load() {
        try (GgufFile file = GgufFile.open(TestModels.gemma3())) {
            tokenizer = GgufTokenizers.fromMetadata(file.metadata());
        }
    }

    @Test
    void idsEqualLlamaCppOnAllLines() {
        GoldenIds.assertEqual(tokenizer, GoldenIds.lines(), GoldenIds.rows(GoldenIds.resource("gemma3.ids.gz")));
    }

    @Test
    void namesItsSpecialTokens() {
        assertThat(tokenizer.vocabSize()).isEqualTo(262144);
        assertThat(tokenizer.bosToken()).isEqualTo(2);
        assertThat(tokenizer.addsBos()).isTrue();
        assertThat(tokenizer.endTokens()).containsExactlyInAnyOrder(1, 106);
    }
}
