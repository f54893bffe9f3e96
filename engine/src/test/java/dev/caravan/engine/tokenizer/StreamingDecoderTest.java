package dev.caravan.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamingDecoderTest {
    private static final long SEED = 42;

    @TempDir
    private static Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"tiny-bpe-llama-bpe", "tiny-bpe-gpt-2", "tiny-spm"})
    void encodingAndDecodingGivesTheTextBack(String name) throws IOException {
        Tokenizer tokenizer = TinyVocabularyTest.tokenizer(folder, name);
        String before = name.equals("tiny-spm") ? " " : "";
        for (String line : GoldenIds.lines()) {
            String decoded = stream(tokenizer, tokenizer.encode(line, Tokenizer.Specials.AS_TEXT));
            // SentencePiece spells a space in front of every stretch of text, and U+2581 is its space.
            boolean exact =
                    before.isEmpty() || !(line.contains("\u2581") || line.contains("<b>") || line.contains("    "));
            if (exact) {
                assertThat(decoded).isEqualTo(before + line);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-bpe-llama-bpe", "tiny-spm"})
    void streamingEqualsDecodingAtOnceForAnyTokens(String name) throws IOException {
        Tokenizer tokenizer = TinyVocabularyTest.tokenizer(folder, name);
        SplittableRandom random = new SplittableRandom(SEED);
        for (int round = 0; round < 2000; round++) {
            int[] ids = random.ints(random.nextInt(1, 40), 0, random.nextBoolean() ? 300 : tokenizer.vocabSize())
                    .toArray();
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (int id : ids) {
                bytes.writeBytes(tokenizer.bytes(id));
            }
            assertThat(stream(tokenizer, ids))
                    .as("seed %d, round %d", SEED, round)
                    .isEqualTo(bytes.toString(StandardCharsets.UTF_8));
        }
    }

    private static String stream(Tokenizer tokenizer, int[] ids) {
        StreamingDecoder decoder = new StreamingDecoder(tokenizer);
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(decoder.push(id));
        }
        return text.append(decoder.finish()).toString();
    }

    @Test
    void holdsBackACharacterUntilItIsWhole() throws IOException {
        Tokenizer tokenizer = TinyVocabularyTest.tokenizer(folder, "tiny-spm");
        StreamingDecoder decoder = new StreamingDecoder(tokenizer);
        int[] ids = tokenizer.encode("뷁", Tokenizer.Specials.AS_TEXT);
        assertThat(ids).hasSizeGreaterThanOrEqualTo(3);
        for (int i = 0; i < ids.length - 1; i++) {
            assertThat(decoder.push(ids[i]).strip()).isEmpty();
        }
        assertThat(decoder.push(ids[ids.length - 1])).isEqualTo("뷁");
        assertThat(decoder.finish()).isEmpty();
    }

    @Test
    void anIncompleteCharacterAtTheEndIsOneReplacement() throws IOException {
        Tokenizer tokenizer = TinyVocabularyTest.tokenizer(folder, "tiny-spm");
        StreamingDecoder decoder = new StreamingDecoder(tokenizer);
        int[] ids = tokenizer.encode("뷁", Tokenizer.Specials.AS_TEXT);
        for (int i = 0; i < ids.length - 1; i++) {
            assertThat(decoder.push(ids[i])).doesNotContain("\uFFFD");
        }
        assertThat(decoder.finish()).isEqualTo("\uFFFD");
        assertThat(decoder.finish()).isEmpty();
    }
}
