package dev.caravan.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.format.gguf.GgufFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Small vocabularies trained for this test, one per pre-tokenizer, against llama.cpp. */
class TinyVocabularyTest {
    @TempDir
    private static Path folder;

    static Tokenizer tokenizer(Path folder, String name) throws IOException {
        Path plain = folder.resolve(name + ".gguf");
        try (InputStream packed = new GZIPInputStream(GoldenIds.resource(name + ".gguf.gz"))) {
            Files.write(plain, packed.readAllBytes());
        }
        try (GgufFile file = GgufFile.open(plain)) {
            return GgufTokenizers.fromMetadata(file.metadata());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tiny-bpe-llama-bpe",
                "tiny-bpe-dbrx",
                "tiny-bpe-qwen2",
                "tiny-bpe-gpt-2",
                "tiny-bpe-exaone",
                "tiny-spm"
            })
    void idsEqualLlamaCppOnAllLines(String name) throws IOException {
        Tokenizer tokenizer = tokenizer(folder, name);
        GoldenIds.assertEqual(tokenizer, GoldenIds.lines(), GoldenIds.rows(GoldenIds.resource(name + ".ids.gz")));
    }

    @Test
    void takesWholeWordsOnlyWhereTheFamilyDoes() throws IOException {
        Tokenizer llama = tokenizer(folder, "tiny-bpe-llama-bpe");
        Tokenizer dbrx = tokenizer(folder, "tiny-bpe-dbrx");
        assertThat(llama.encode(" caravan", Tokenizer.Specials.AS_TEXT)).hasSize(1);
        assertThat(dbrx.encode(" caravan", Tokenizer.Specials.AS_TEXT)).hasSizeGreaterThan(1);
    }

    @Test
    void addsTheBeginningOnlyWhereTheFamilyDoes() throws IOException {
        assertThat(tokenizer(folder, "tiny-bpe-llama-bpe").addsBos()).isTrue();
        assertThat(tokenizer(folder, "tiny-bpe-qwen2").addsBos()).isFalse();
        assertThat(tokenizer(folder, "tiny-spm").addsBos()).isTrue();
    }
}
