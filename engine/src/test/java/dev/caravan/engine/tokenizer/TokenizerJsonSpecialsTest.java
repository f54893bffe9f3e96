package dev.caravan.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.tokenizer.Tokenizer.Specials;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Control tokens, markup, roles and end tokens of a folder in Hugging Face's format, shaped as Mi:dm 2.0's. */
class TokenizerJsonSpecialsTest {
    private static final List<String> MARKUP = List.of("<b>", "</b>", "<table>", "</tfoot>\"", "#@이름@#", "#@전화번호@#");
    private static final List<String> CONTROL = List.of(
            "<|begin_of_text|>",
            "<|end_of_text|>",
            "<|eot_id|>",
            "<|eom_id|>",
            "<|start_header_id|>",
            "<|end_header_id|>");

    @TempDir
    private Path folder;

    private Tokenizer midm;

    @BeforeEach
    void load() throws IOException {
        Files.createDirectories(folder.resolve("llama3"));
        write("tokenizer_config.json", """
                {"bos_token": "<|begin_of_text|>", "eos_token": {"content": "<|end_of_text|>"}, "pad_token": "<|end_of_text|>"}
                """);
        midm = TokenizerJsonTest.tokenizer(folder, "llama3");
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve("llama3").resolve(name), text);
    }

    private Tokenizer reload() {
        return TokenizerJson.load(folder.resolve("llama3"));
    }

    private int id(String token) {
        int[] ids = midm.encode(token, Specials.PARSE);
        assertThat(ids).as(token).hasSize(1);
        return ids[0];
    }

    @Test
    void textNeverBecomesASpecialTokenAndReadsBackWhole() {
        Set<Integer> special = new HashSet<>();
        MARKUP.forEach(token -> special.add(id(token)));
        CONTROL.forEach(token -> special.add(id(token)));
        for (String token : concat(MARKUP, CONTROL)) {
            for (String text : List.of(token, "표 " + token + "\n", token + token, "a" + token + "b")) {
                int[] ids = midm.encode(text, Specials.AS_TEXT);
                assertThat(ids)
                        .as(text)
                        .doesNotContain(
                                special.stream().mapToInt(Integer::intValue).toArray());
                assertThat(decode(midm, ids)).isEqualTo(text);
            }
        }
    }

    private static List<String> concat(List<String> first, List<String> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    static String decode(Tokenizer tokenizer, int[] ids) {
        StreamingDecoder decoder = new StreamingDecoder(tokenizer);
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(decoder.push(id));
        }
        return text.append(decoder.finish()).toString();
    }

    @Test
    void markupThatTheModelWroteAppearsInTheAnswerAndControlDoesNot() {
        String answer = "<table><b>굵게</b></tfoot>\" #@이름@#님";
        int[] ids = midm.encode(answer + "<|eot_id|><|start_header_id|>", Specials.PARSE);
        assertThat(ids).contains(id("<table>"), id("<b>"), id("#@이름@#"), id("<|eot_id|>"));
        assertThat(decode(midm, ids)).isEqualTo(answer);
    }

    @Test
    void aTokenWithARoleIsNeverShownWhateverItLooksLike() throws IOException {
        assertThat(midm.bytes(id("<b>"))).isEqualTo("<b>".getBytes(StandardCharsets.UTF_8));
        write("generation_config.json", "{\"eos_token_id\": %d}".formatted(id("<b>")));
        assertThat(reload().bytes(id("<b>"))).isEmpty();
    }

    @Test
    void markupInAGgufFileAppearsToo() throws IOException {
        Tokenizer gguf = TinyVocabularyTest.tokenizer(folder, "tiny-bpe-llama-bpe");
        assertThat(decode(gguf, gguf.encode("<b>x<|eot_id|>", Specials.PARSE))).isEqualTo("<b>x");
        assertThat(decode(gguf, gguf.encode("<b>x<|eot_id|>", Specials.AS_TEXT)))
                .isEqualTo("<b>x<|eot_id|>");
    }

    @Test
    void aSpellingThatTemplateAndTextShareStaysText() {
        String text = "<|eot_id|>";
        for (int cut = 1; cut < text.length(); cut++) {
            BitSet marks = new BitSet();
            marks.set(cut, text.length());
            assertThat(midm.encode(text, marks)).isEqualTo(midm.encode(text, Specials.AS_TEXT));
            marks.flip(0, text.length());
            assertThat(midm.encode(text, marks)).isEqualTo(midm.encode(text, Specials.AS_TEXT));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama3", "qwen2", "gemma", "llama2", "llama2-first", "xlm-roberta", "bert", "odd"})
    void marksDoNotChangeHowWordsAreCut(String name) throws IOException {
        Tokenizer tokenizer = TokenizerJsonTest.tokenizer(folder, name);
        for (String line : GoldenIds.lines().subList(0, 300)) {
            BitSet half = new BitSet();
            half.set(line.length() / 2, line.length());
            assertThat(tokenizer.encode(line, half)).isEqualTo(tokenizer.encode(line, Specials.AS_TEXT));
        }
    }

    /** [CLS] of this vocabulary is looked for in normalised text, which the marks do not reach. */
    @Test
    void controlTokensOfNormalisedTextCountOnlyWhereATemplateWroteThem() throws IOException {
        Tokenizer odd = TokenizerJsonTest.tokenizer(folder, "odd");
        int cls = odd.encode("[CLS]", Specials.PARSE)[0];
        String text = "[CLS] user wrote [CLS]";
        BitSet marks = new BitSet();
        marks.set(5, text.length());
        assertThat(odd.encode(text, Specials.PARSE)).startsWith(cls).endsWith(cls);
        assertThat(odd.encode(text, marks)).containsOnlyOnce(cls).startsWith(cls);
        assertThat(odd.encode(text, Specials.AS_TEXT)).doesNotContain(cls);
    }

    @Test
    void stopsOnEveryEndTokenThatAnyFileNames() throws IOException {
        assertThat(midm.endTokens())
                .containsExactlyInAnyOrder(id("<|end_of_text|>"), id("<|eot_id|>"), id("<|eom_id|>"));
        write("generation_config.json", "{\"eos_token_id\": [%d, %d]}".formatted(id("<|eot_id|>"), id("<table>")));
        write("config.json", "{\"eos_token_id\": 7, \"text_config\": {\"eos_token_id\": [8]}}");
        assertThat(reload().endTokens())
                .containsExactlyInAnyOrder(
                        id("<|end_of_text|>"), id("<|eot_id|>"), id("<|eom_id|>"), id("<table>"), 7, 8);
    }

    @Test
    void rolesComeFromTheSpecialTokensMapWhereTheConfigurationLacksThem() throws IOException {
        write("tokenizer_config.json", "{}");
        write(
                "special_tokens_map.json",
                "{\"bos_token\": {\"content\": \"<|begin_of_text|>\"}, \"eos_token\": \"<|eot_id|>\"}");
        Tokenizer tokenizer = reload();
        assertThat(tokenizer.bosToken()).isEqualTo(id("<|begin_of_text|>"));
        assertThat(tokenizer.endTokens()).contains(id("<|eot_id|>"));
    }

    @Test
    void addsTheBeginningAsThePostProcessorSaysAndTheConfigurationOverrides() throws IOException {
        int bos = id("<|begin_of_text|>");
        assertThat(midm.bosToken()).isEqualTo(bos);
        assertThat(midm.addsBos()).isTrue();
        write("tokenizer_config.json", "{\"bos_token\": \"<|begin_of_text|>\", \"add_bos_token\": false}");
        assertThat(reload().addsBos()).isFalse();
        write(
                "tokenizer_config.json",
                "{\"bos_token\": \"<|begin_of_text|>\", \"eos_token\": \"<|end_of_text|>\", \"add_bos_token\": true, \"add_eos_token\": true}");
        Tokenizer both = reload();
        assertThat(both.addsBos()).isTrue();
        assertThat(both.postProcessor().frame(new int[] {5}).ids()).containsExactly(bos, 5, id("<|end_of_text|>"));
    }

    /** Qwen's <think> is an added token and not a special one; a role or the configuration makes a token special. */
    @Test
    void aRoleAndTheConfigurationMakeATokenSpecial() throws IOException {
        int multimodal = midm.encode("[multimodal]", Specials.AS_TEXT)[0];
        assertThat(midm.encode("[multimodal]", Specials.AS_TEXT)).hasSize(1);
        write("tokenizer_config.json", "{\"pad_token\": \"[multimodal]\"}");
        assertThat(reload().encode("[multimodal]", Specials.AS_TEXT)).doesNotContain(multimodal);
        write(
                "tokenizer_config.json",
                "{\"added_tokens_decoder\": {\"%d\": {\"content\": \"[multimodal]\", \"special\": true, \"normalized\": false}}}"
                        .formatted(multimodal));
        assertThat(reload().encode("[multimodal]", Specials.AS_TEXT)).doesNotContain(multimodal);
    }
}
