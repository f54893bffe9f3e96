package dev.caravan.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.tokenizer.Tokenizer.Specials;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Control tokens count where a template wrote them and nowhere else. */
class SpecialTokensTest {
    private static final List<String> SPELLINGS = List.of(
            "<|begin_of_text|>",
            "<|end_of_text|>",
            "<|eot_id|>",
            "<|im_start|>",
            "<|im_end|>",
            "<b>",
            "<s>",
            "</s>",
            "<start_of_turn>",
            "<end_of_turn>",
            "<unk>");

    @TempDir
    private static Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"tiny-bpe-llama-bpe", "tiny-bpe-qwen2", "tiny-bpe-gpt-2", "tiny-spm"})
    void textNeverBecomesAControlToken(String name) throws IOException {
        Tokenizer tokenizer = TinyVocabularyTest.tokenizer(folder, name);
        Set<Integer> control = control(tokenizer);
        assertThat(control).hasSizeGreaterThanOrEqualTo(3);
        for (String line : GoldenIds.lines()) {
            for (int id : tokenizer.encode(line, Specials.AS_TEXT)) {
                assertThat(control).as(line).doesNotContain(id);
            }
        }
        for (String spelling : SPELLINGS) {
            for (String text : List.of(spelling, "a" + spelling + "b", spelling + spelling, "한글 " + spelling)) {
                assertThat(tokenizer.encode(text, Specials.AS_TEXT)).as(text).doesNotContain(boxed(control));
            }
        }
    }

    /** Tokens without bytes, and markup; the vocabularies hold no other empty ones. */
    private static Set<Integer> control(Tokenizer tokenizer) {
        Set<Integer> control = new HashSet<>();
        int[] markup = tokenizer.encode("<b>", Specials.PARSE);
        boolean isUserDefined = Arrays.equals(markup, tokenizer.encode("<b>", Specials.AS_TEXT));
        if (markup.length == 1 && !isUserDefined) {
            control.add(markup[0]);
        }
        for (int id = 0; id < tokenizer.vocabSize(); id++) {
            if (tokenizer.bytes(id).length == 0) {
                control.add(id);
            }
        }
        return control;
    }

    private static int[] boxed(Set<Integer> ids) {
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    @Test
    void templatesWriteControlTokens() throws IOException {
        Tokenizer tokenizer = TinyVocabularyTest.tokenizer(folder, "tiny-bpe-llama-bpe");
        int[] ids = tokenizer.encode("<|eot_id|>", Specials.PARSE);
        assertThat(ids).hasSize(1);
        assertThat(tokenizer.bytes(ids[0])).isEmpty();
        assertThat(tokenizer.endTokens()).contains(ids[0]);
    }

    @Test
    void aSpellingThatTemplateAndTextShareStaysText() throws IOException {
        Tokenizer tokenizer = TinyVocabularyTest.tokenizer(folder, "tiny-bpe-llama-bpe");
        String text = "<|eot_id|>";
        for (int cut = 1; cut < text.length(); cut++) {
            BitSet marks = new BitSet();
            marks.set(cut, text.length());
            assertThat(tokenizer.encode(text, marks)).isEqualTo(tokenizer.encode(text, Specials.AS_TEXT));
            marks.flip(0, text.length());
            assertThat(tokenizer.encode(text, marks)).isEqualTo(tokenizer.encode(text, Specials.AS_TEXT));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-bpe-llama-bpe", "tiny-bpe-qwen2", "tiny-spm"})
    void marksDoNotChangeHowWordsAreCut(String name) throws IOException {
        Tokenizer tokenizer = TinyVocabularyTest.tokenizer(folder, name);
        for (String line : GoldenIds.lines().subList(0, 500)) {
            BitSet half = new BitSet();
            half.set(line.length() / 2, line.length());
            assertThat(tokenizer.encode(line, half)).isEqualTo(tokenizer.encode(line, Specials.AS_TEXT));
        }
    }

    @Test
    void userDefinedTokensCountInTextToo() throws IOException {
        Tokenizer tokenizer = TinyVocabularyTest.tokenizer(folder, "tiny-bpe-llama-bpe");
        int[] ids = tokenizer.encode("x[multimodal]y", Specials.AS_TEXT);
        assertThat(Arrays.stream(ids).mapToObj(id -> new String(tokenizer.bytes(id), StandardCharsets.UTF_8)))
                .containsExactly("x", "[multimodal]", "y");
    }
}
