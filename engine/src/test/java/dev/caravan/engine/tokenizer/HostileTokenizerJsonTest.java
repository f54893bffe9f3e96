package dev.caravan.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.tokenizer.Tokenizer.Specials;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A tokenizer.json that is not sound, or asks for what is not known, is refused in one sentence with its place. */
class HostileTokenizerJsonTest {
    private static final String SOUND = """
            {"version": "1.0", "truncation": null, "padding": null,
             "added_tokens": [{"id": 4, "content": "<s>", "special": true, "normalized": false}],
             "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]},
             "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "a+|b"}, "behavior": "Isolated", "invert": false},
             "post_processor": {"type": "BertProcessing", "cls": ["<s>", 4], "sep": ["<s>", 4]},
             "decoder": {"type": "Fuse"},
             "model": {"type": "BPE", "unk_token": "u", "vocab": {"a": 0, "b": 1, "ab": 2, "u": 3}, "merges": ["a b"]}}
            """;

    @TempDir
    private Path folder;

    private Tokenizer load(String json) throws IOException {
        // Unlike writeString, this takes half a surrogate pair.
        Files.write(folder.resolve("tokenizer.json"), json.getBytes(StandardCharsets.UTF_8));
        return TokenizerJson.load(folder);
    }

    private void assertRefused(String from, String to, String... reasons) throws IOException {
        String json = SOUND.replace(from, to);
        assertThat(json).isNotEqualTo(SOUND);
        Files.writeString(folder.resolve("tokenizer.json"), json);
        assertThatThrownBy(() -> TokenizerJson.load(folder))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("tokenizer.json: ")
                .hasMessageNotContaining("\n")
                .hasMessageContainingAll(reasons);
    }

    @Test
    void theSoundFileLoads() throws IOException {
        assertThat(load(SOUND).encode("ABc", Specials.AS_TEXT)).containsExactly(0, 1, 3);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`\"version\"` | `\"wersion\"` | `the key wersion is not known`",
                "`\"NFC\"` | `\"NFX\"` | `normalizer.normalizers[0].type is 'NFX', a normalizer that is not supported`",
                "`\"Lowercase\"` | `7` | `normalizer.normalizers[1].type should hold a string`",
                "`{\"type\": \"Fuse\"}` | `{\"type\": \"CTC\"}` | `decoder.type is 'CTC', a decoder that is not supported`",
                "`{\"type\": \"Fuse\"}` | `[]` | `the key decoder should hold an object`",
                "`\"Isolated\"` | `\"Sideways\"` | `pre_tokenizer.behavior is 'Sideways'`",
                "`\"Split\"` | `\"UnicodeScripts\"` | `pre_tokenizer.type is 'UnicodeScripts', a pre-tokenizer`",
                "`\"Regex\"` | `\"Glob\"` | `pre_tokenizer.pattern.Glob is a pattern that is not supported`",
                "`a+|b` | `a+|(b` | `pre_tokenizer.pattern.Regex: the expression 'a+|(b' cannot be read`",
                "`a+|b` | `a+|\\\\Kb` | `uses \\K, which is not supported`",
                "`a+|b` | `(?<n>a)` | `uses a group that is not supported`",
                "`a+|b` | `\\\\p{Elvish}` | `\\p{Elvish}, which is not supported`",
                "`a+|b` | `(?:(?:){9999}){9999}` | `repeats more than 10000 times`",
                "`BertProcessing` | `ByteFallback` | `post_processor.type is 'ByteFallback', a post-processor`",
                "`\"cls\": [\"<s>\", 4]` | `\"cls\": [\"<s>\", 5]` | `post_processor.cls holds the id 5, which is not one of the 5`",
                "`\"cls\": [\"<s>\", 4]` | `\"cls\": 4` | `post_processor.cls should hold a list`",
                "`\"BPE\"` | `\"WordLevel\"` | `model.type is 'WordLevel', a model that is not supported`",
                "`\"BPE\"` | `\"Unigram\"` | `model.vocab should hold pieces and scores`",
                "`\"unk_token\": \"u\"` | `\"unk_token\": \"v\"` | `model.unk_token is 'v', which is not in the vocabulary`",
                "`\"unk_token\": \"u\"` | `\"dropout\": 0.1` | `model.dropout is not zero`",
                "`\"unk_token\": \"u\"` | `\"end_of_word_suffix\": \"</w>\"` | `model.end_of_word_suffix is '</w>'`",
                "`\"ab\": 2` | `\"ab\": 1` | `model.vocab gives the id 1 to both 'b' and 'ab'`",
                "`\"ab\": 2` | `\"ab\": 2, \"ab\": 9` | `Duplicate`",
                "`\"ab\": 2` | `\"ab\": -2` | `model.vocab gives 'ab' the id -2`",
                "`\"ab\": 2` | `\"ab\": 4294967298` | `model.vocab gives 'ab' the id 4294967298`",
                "`\"ab\": 2` | `\"ab\": \"2\"` | `model.vocab gives 'ab' the id 2`",
                "`[\"a b\"]` | `[\"a c\"]` | `merge 0 ('a' and 'c') does not join`",
                "`[\"a b\"]` | `[\"a b\", \"b a\"]` | `merge 1 ('b' and 'a') does not join`",
                "`[\"a b\"]` | `[\"ab\"]` | `merge 0 ('ab') should be two tokens`",
                "`[\"a b\"]` | `[[\"a\"]]` | `merge 0 should be two tokens`",
                "`[\"a b\"]` | `7` | `the key model.merges should hold a list`",
                "`, \"merges\": [\"a b\"]` | `` | `the key model.merges is missing`",
                "`\"id\": 4` | `\"id\": 2` | `the id 2 belongs to both 'ab' and the added token '<s>'`",
                "`\"content\": \"<s>\"` | `\"content\": \"ab\"` | `added_tokens[0].id gives 'ab' the id 4, and model.vocab 2`",
                "`\"id\": 4` | `\"id\": 999999999` | `added_tokens[0].id is 999999999`",
                "`\"content\": \"<s>\", ` | `` | `the key added_tokens[0].content is missing`",
                "`\"special\": true` | `\"special\": \"yes\"` | `added_tokens[0].special should hold true or false`",
                "`{\"version\"` | `[{\"version\"` | `not sound JSON`",
            })
    void refuses(String from, String to, String reason) throws IOException {
        assertRefused(from, to == null ? "" : to, reason);
    }

    @Test
    void refusesWhatOtherFilesSayOfTokensThatAreNotThere() throws IOException {
        Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": [1, 5]}");
        assertThatThrownBy(() -> load(SOUND))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("generation_config.json", "eos_token_id holds 5", "5 tokens");
        Files.writeString(folder.resolve("generation_config.json"), "{}");
        Files.writeString(
                folder.resolve("tokenizer_config.json"), "{\"add_bos_token\": true, \"bos_token\": \"<bos>\"}");
        assertThatThrownBy(() -> load(SOUND))
                .hasMessageContainingAll("tokenizer_config.json", "add_bos_token", "not in tokenizer.json");
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"bos_token\": [1]}");
        assertThatThrownBy(() -> load(SOUND)).hasMessageContainingAll("tokenizer_config.json", "bos_token");
    }

    @Test
    void refusesAFolderWithoutTheFile() {
        assertThatThrownBy(() -> TokenizerJson.load(folder))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContainingAll("tokenizer.json", "there is no such file");
    }

    @Test
    void refusesNestingWithoutEnd() throws IOException {
        String deep = "{\"type\": \"Sequence\", \"normalizers\": [".repeat(60) + "]}".repeat(60);
        assertRefused("{\"type\": \"NFC\"}", deep, "not sound JSON");
    }

    @ParameterizedTest
    @ValueSource(strings = {"(a+)+$", "(a|a)*c", "(?:a*)*c", "a*a*a*a*a*a*c", "(?:a?){50}a{50}c", "(?=(?:a+)+c)a"})
    void anExpressionThatTakesForeverIsCutShort(String expression) throws IOException {
        Tokenizer tokenizer = load(SOUND.replace("a+|b", expression));
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            try {
                assertThat(tokenizer.encode("a".repeat(20_000) + "b", Specials.AS_TEXT))
                        .isNotEmpty();
            } catch (IllegalArgumentException cutShort) {
                assertThat(cutShort).hasMessageContaining("takes too long on this text");
            }
        });
    }

    @Test
    void anExpressionThatTakesForeverIsRefusedAtEncoding() throws IOException {
        Tokenizer tokenizer = load(SOUND.replace("a+|b", "a*a*a*a*a*a*c"));
        assertThatThrownBy(() -> tokenizer.encode("a".repeat(2000), Specials.AS_TEXT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("takes too long on this text");
    }

    @Test
    void aNormalizerThatBlowsTextUpIsRefusedAtEncoding() throws IOException {
        String twice = "{\"type\": \"Replace\", \"pattern\": {\"String\": \"a\"}, \"content\": \"aa\"}";
        Tokenizer tokenizer = load(SOUND.replace("{\"type\": \"NFC\"}", (twice + ",").repeat(40) + twice));
        assertThatThrownBy(() -> tokenizer.encode("a", Specials.AS_TEXT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("makes more than");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"llama3", "qwen2-strings", "odd", "gemma", "llama2-first", "xlm-roberta", "unigram-bytes", "bert"
            })
    void mutantsLoadOrAreRefused(String name) throws IOException {
        String json;
        try (InputStream packed = new GZIPInputStream(GoldenIds.resource("hf-" + name + ".json.gz"))) {
            json = new String(packed.readAllBytes(), StandardCharsets.UTF_8);
        }
        Random random = new Random(20261124);
        int refused = 0;
        for (int i = 0; i < 80; i++) {
            String mutant = i % 2 == 0 ? withOtherBytes(json, random) : withOtherValue(json, random);
            try {
                Tokenizer tokenizer = load(mutant);
                tokenizer.encode(GoldenIds.lines().get(i), Specials.PARSE);
                tokenizer.bytes(tokenizer.vocabSize() - 1);
            } catch (ModelFormatException expected) {
                refused++;
                assertThat(expected).hasMessageStartingWith("tokenizer.json: ");
            } catch (IllegalArgumentException expected) {
                assertThat(expected).hasMessageContaining("tokenizer's");
            }
        }
        assertThat(refused).isBetween(10, 79);
    }

    private static String withOtherBytes(String json, Random random) {
        StringBuilder mutant = new StringBuilder(json);
        for (int k = 0; k < 3; k++) {
            int at = random.nextInt(mutant.length());
            switch (random.nextInt(3)) {
                case 0 -> mutant.deleteCharAt(at);
                case 1 -> mutant.setCharAt(at, "{}[]\",:0aé\\".charAt(random.nextInt(11)));
                default -> mutant.insert(at, mutant.substring(at, Math.min(mutant.length(), at + random.nextInt(40))));
            }
        }
        return mutant.toString();
    }

    private static final Pattern VALUE =
            Pattern.compile("(?<=: )(?:\"[^\"]{0,40}\"|-?\\d+(?:\\.\\d+)?|true|false|null)");
    private static final List<String> VALUES =
            List.of("null", "-1", "1e99", "99999999999", "\"\"", "\"x\"", "[]", "{}", "true", "0.5", "[null]", "1");

    /** Another value for one key of the head of the file, where the settings are. */
    private static String withOtherValue(String json, Random random) {
        int head = Math.max(json.indexOf("\"vocab\""), 200);
        List<int[]> places = new ArrayList<>();
        Matcher values = VALUE.matcher(json.substring(0, Math.min(json.length(), head + 200)));
        while (values.find()) {
            places.add(new int[] {values.start(), values.end()});
        }
        int[] place = places.get(random.nextInt(places.size()));
        return json.substring(0, place[0]) + VALUES.get(random.nextInt(VALUES.size())) + json.substring(place[1]);
    }
}
