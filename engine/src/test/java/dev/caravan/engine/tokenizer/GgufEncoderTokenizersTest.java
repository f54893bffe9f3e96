package dev.caravan.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.tokenizer.Tokenizer.Specials;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tokenizers of encoders in GGUF files; see golden/tokenizer/gguf_tiny.py. */
class GgufEncoderTokenizersTest {
    @TempDir
    private static Path folder;

    @Test
    void unigramIdsEqualLlamaCppOnAllLines() throws IOException {
        GoldenIds.assertEqual(
                TinyVocabularyTest.tokenizer(folder, "tiny-t5"),
                GoldenIds.lines(),
                GoldenIds.rows(GoldenIds.resource("tiny-t5.ids.gz")));
    }

    /** Not llama.cpp's: it keeps the first letter of a Hangul syllable only, and a keycap's digit without the cap. */
    @ParameterizedTest
    @ValueSource(strings = {"bert", "bert-cased"})
    void wordPieceIdsEqualTheTokenizersLibraryOnAllLines(String name) throws IOException {
        GoldenIds.assertEqual(
                TinyVocabularyTest.tokenizer(folder, "tiny-" + name),
                TokenizerJsonTest.lines(),
                GoldenIds.rows(GoldenIds.resource("hf-%s.hf.gz".formatted(name))));
    }

    @Test
    void framesTextsAsTheFamilyDoes() throws IOException {
        Tokenizer xlmRoberta = TinyVocabularyTest.tokenizer(folder, "tiny-t5");
        PostProcessor.Framed pair = xlmRoberta.postProcessor().frame(new int[] {10, 11}, new int[] {12});
        assertThat(pair.ids()).containsExactly(0, 10, 11, 2, 2, 12, 2);
        assertThat(pair.typeIds()).containsOnly(0);
        assertThat(xlmRoberta.addsBos()).isTrue();
        Tokenizer bert = TinyVocabularyTest.tokenizer(folder, "tiny-bert");
        PostProcessor.Framed bertPair = bert.postProcessor().frame(new int[] {10, 11}, new int[] {12});
        assertThat(bertPair.ids()).containsExactly(2, 10, 11, 3, 12, 3);
        assertThat(bertPair.typeIds()).containsExactly(0, 0, 0, 0, 1, 1);
        assertThat(bert.postProcessor().addedToSingle()).isEqualTo(2);
        assertThat(bert.postProcessor().addedToPair()).isEqualTo(3);
    }

    @Test
    void textNeverBecomesASeparator() throws IOException {
        Tokenizer bert = TinyVocabularyTest.tokenizer(folder, "tiny-bert");
        assertThat(bert.encode("[SEP]", Specials.AS_TEXT)).doesNotContain(3);
        assertThat(bert.encode("[SEP]", Specials.PARSE)).containsExactly(3);
    }
}
