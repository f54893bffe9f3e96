package dev.caravan.engine.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.LoadOptions;
import dev.caravan.engine.QuantizationConfig;
import dev.caravan.engine.check.Finding.Level;
import dev.caravan.engine.model.Golden;
import dev.caravan.engine.model.TinyCheckpoint;
import dev.caravan.engine.template.JinjaTemplate;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: the evidence about sound files is all there, and every kind of bad file is named. On the tiny random models. */
@Timeout(60)
class ModelCheckTest {
    private static final Path LLAMA = Golden.path("tiny-models/llama.gguf");
    private static final Path GEMMA3 = Golden.path("tiny-models/gemma3.gguf");
    private static final CheckOptions OPTIONS = new CheckOptions(new LoadOptions(1, 256, 100_000_000), 8);

    @TempDir
    private Path folder;

    private final List<Finding> findings = new ArrayList<>();

    private boolean check(Path path, CheckOptions options) {
        findings.clear();
        return ModelCheck.run(path, options, findings::add);
    }

    private Finding only(String subject) {
        assertThat(findings)
                .filteredOn(finding -> finding.subject().equals(subject))
                .hasSize(1);
        return findings.stream()
                .filter(finding -> finding.subject().equals(subject))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aSoundModelGivesEveryPieceOfEvidence() {
        assertThat(check(GEMMA3, OPTIONS)).isTrue();
        assertThat(findings)
                .extracting(Finding::subject)
                .containsExactly(
                        "file",
                        "architecture",
                        "tensors",
                        "tokenizer",
                        "round trip",
                        "special tokens",
                        "end tokens",
                        "chat template",
                        "chat template",
                        "memory",
                        "sample",
                        "SHA-256");
        assertThat(findings).extracting(Finding::level).containsOnly(Level.OK);
        assertThat(only("architecture").text()).contains("gemma3", "7 layers of 32", "2 heads of 16", "vocabulary 272");
        assertThat(only("tensors").text()).contains("all 93 were read", "F16");
        assertThat(only("tensors").details())
                .anyMatch(line -> line.contains("self_attn.q_proj") && line.contains("7 x"));
        assertThat(only("tokenizer").text()).contains("272 tokens");
        assertThat(only("memory").text()).contains("a conversation of 256 tokens");
        assertThat(only("sample").text()).contains("8 tokens", "tokens/s");
    }

    @Test
    void aModelWithoutATemplateIsAWarning() {
        assertThat(check(LLAMA, OPTIONS)).isTrue();
        assertThat(only("chat template").level()).isEqualTo(Level.WARNING);
        assertThat(only("architecture").text()).contains("rope with the file's factors");
    }

    @Test
    void theChosenQuantisationCounts() {
        check(LLAMA, OPTIONS);
        String plain = only("memory").text();
        assertThat(check(LLAMA, OPTIONS.withQuantization(QuantizationConfig.NF4)))
                .isTrue();
        assertThat(only("memory").text()).contains("NF4, double quantisation").isNotEqualTo(plain);
        assertThat(only("sample").level()).isEqualTo(Level.OK);
    }

    @Test
    void aModelThatDoesNotFitIsAProblemAndNotTried() {
        assertThat(check(LLAMA, new CheckOptions(new LoadOptions(1, 256, 300_000), 8)))
                .isFalse();
        assertThat(only("memory").level()).isEqualTo(Level.PROBLEM);
        assertThat(only("memory").text()).contains("--load-in-4bit");
        assertThat(only("sample").text()).contains("not tried");
    }

    @Test
    void aFileThatEndsEarlyIsNamed() throws Exception {
        byte[] bytes = Files.readAllBytes(LLAMA);
        Path broken = Files.write(folder.resolve("half.gguf"), Arrays.copyOf(bytes, bytes.length / 2));

        assertThat(check(broken, OPTIONS)).isFalse();
        assertThat(only("file").level()).isEqualTo(Level.PROBLEM);
        assertThat(only("file").text()).startsWith("half.gguf: ");
    }

    @Test
    void aMissingTensorIsNamedAndTheRestStillLookedAt() throws Exception {
        Path renamed = tampered(LLAMA, "blk.1.attn_q.weight", "blk.1.attn_Q.weight");

        assertThat(check(renamed, OPTIONS)).isFalse();
        assertThat(findings)
                .filteredOn(finding -> finding.level() == Level.PROBLEM)
                .singleElement()
                .satisfies(finding -> assertThat(finding.text())
                        .contains("blk.1.attn_q.weight is missing")
                        .startsWith("bad.gguf: "));
        assertThat(only("round trip").level()).isEqualTo(Level.OK);
        assertThat(only("sample").text()).contains("not tried");
    }

    @Test
    void anUnknownArchitectureIsNamed() throws Exception {
        assertThat(check(tampered(LLAMA, "llama", "mamba"), OPTIONS)).isFalse();
        assertThat(only("file").text()).contains("mamba", "not supported");
    }

    @Test
    void picklesAreRefused() throws Exception {
        Path pickle = Files.write(folder.resolve("pytorch_model.bin"), new byte[] {'P', 'K', 3, 4, 0, 0});

        assertThat(check(pickle, OPTIONS)).isFalse();
        assertThat(only("file").text()).contains("pytorch_model.bin", "pickle files can run code");
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama2", "llama3", "midm", "gemma3", "qwen2", "qwen3"})
    void aFolderGivesTheSameEvidence(String name) {
        assertThat(check(TinyCheckpoint.unpack(name, folder).folder(), OPTIONS)).isTrue();
        assertThat(only("file").text()).contains("safetensors");
        assertThat(only("tensors").level()).isEqualTo(Level.OK);
        assertThat(only("sample").level()).isEqualTo(Level.OK);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert", "xlm-roberta", "embedding-gemma", "qwen3-embedding"})
    void anEmbeddingModelIsComparedBySentences(String name) {
        // Random weights may put the sentences in any order: only that they were compared is certain.
        check(TinyCheckpoint.unpack(name, folder).folder(), OPTIONS);
        assertThat(only("architecture").text()).contains("vectors of");
        assertThat(only("embedding").text()).contains("cosine of two paraphrases");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert-reranker", "xlm-roberta-reranker"})
    void aRerankerScoresTwoPassages(String name) {
        check(TinyCheckpoint.unpack(name, folder).folder(), OPTIONS);
        assertThat(only("architecture").text()).contains("scores pairs");
        assertThat(only("reranker").text()).contains("the passage that answers scores");
    }

    @Test
    void everyBadFolderIsNamedByFileAndKey() throws Exception {
        TinyCheckpoint shards = TinyCheckpoint.unpack("llama3", folder.resolve("a"));
        Files.delete(shards.folder().resolve("model-00002-of-00002.safetensors"));
        assertProblem(shards, "file", "model-00002-of-00002.safetensors");

        TinyCheckpoint shape = TinyCheckpoint.unpack("qwen2", folder.resolve("b"));
        shape.edit("config.json", "\"intermediate_size\": 48", "\"intermediate_size\": 64");
        assertProblem(shape, "tensors", "mlp.gate_proj.weight has the shape [48, 32], expected [64, 32]");

        TinyCheckpoint rope = TinyCheckpoint.unpack("llama3", folder.resolve("c"));
        rope.edit("config.json", "\"llama3\"", "\"yarn\"");
        assertProblem(rope, "tensors", "the rope type yarn");

        TinyCheckpoint unknown = TinyCheckpoint.unpack("qwen2", folder.resolve("d"));
        unknown.edit("config.json", "\"qwen2\"", "\"mamba\"");
        assertProblem(unknown, "tensors", "mamba");

        TinyCheckpoint template = TinyCheckpoint.unpack("qwen2", folder.resolve("e"));
        Files.writeString(
                template.folder().resolve("chat_template.jinja"),
                "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}");
        assertProblem(template, "chat template", "does not render a conversation of two turns");

        Path pickles = Files.createDirectories(folder.resolve("f"));
        Files.writeString(pickles.resolve("config.json"), "{}");
        Files.write(pickles.resolve("pytorch_model.bin"), new byte[] {'P', 'K', 3, 4});
        assertProblem(new TinyCheckpoint(pickles), "file", "pytorch_model.bin");
    }

    private void assertProblem(TinyCheckpoint model, String subject, String text) {
        assertThat(check(model.folder(), OPTIONS)).isFalse();
        assertThat(findings)
                .filteredOn(finding -> finding.level() == Level.PROBLEM)
                .first()
                .satisfies(finding -> {
                    assertThat(finding.subject()).isEqualTo(subject);
                    assertThat(finding.text()).contains(text);
                });
    }

    /** A copy with every occurrence of one text replaced by another of the same length. */
    private Path tampered(Path original, String text, String replacement) throws Exception {
        String bytes = new String(Files.readAllBytes(original), StandardCharsets.ISO_8859_1);
        return Files.write(
                folder.resolve("bad.gguf"), bytes.replace(text, replacement).getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void aVocabularyOfAnotherModelIsAProblem() {
        Tokenizer tokenizer = new Letters(false, 1000);

        assertThat(TokenizerCheck.vocabulary(tokenizer, "letters", 999, "token_embd.weight"))
                .extracting(Finding::level)
                .isEqualTo(Level.PROBLEM);
        assertThat(TokenizerCheck.vocabulary(tokenizer, "letters", 1008, "x").level())
                .isEqualTo(Level.OK);
        assertThat(TokenizerCheck.vocabulary(tokenizer, "letters", 2000, "x").level())
                .isEqualTo(Level.WARNING);
    }

    @Test
    void aTokenizerThatLosesTextOrParsesAUsersSpecialsIsFound() {
        Tokenizer sound = new Letters(false, 200_000);
        Tokenizer careless = new Letters(true, 200_000);

        assertThat(TokenizerCheck.roundTrip(sound).level()).isEqualTo(Level.OK);
        assertThat(TokenizerCheck.specials(sound).level()).isEqualTo(Level.OK);
        assertThat(TokenizerCheck.specials(careless).level()).isEqualTo(Level.PROBLEM);
        assertThat(TokenizerCheck.roundTrip(new Letters(false, 128)).level()).isEqualTo(Level.WARNING);
        assertThat(TokenizerCheck.ends(sound).text()).contains("7");
    }

    @Test
    void aTemplateThatRaisesLoopsOrForgetsIsFound() {
        assertThat(TemplateCheck.check(JinjaTemplate.parse("{{ raise_exception('no!') }}")))
                .singleElement()
                .satisfies(finding -> assertThat(finding.text()).contains("no!"))
                .extracting(Finding::level)
                .isEqualTo(Level.PROBLEM);
        assertThat(TemplateCheck.check(JinjaTemplate.parse(
                        "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}")))
                .singleElement()
                .extracting(Finding::level)
                .isEqualTo(Level.PROBLEM);
        assertThat(TemplateCheck.check(JinjaTemplate.parse("always the same")))
                .extracting(Finding::level)
                .containsOnly(Level.PROBLEM);
        assertThat(TemplateCheck.check(JinjaTemplate.parse("""
                        {%- for m in messages %}{% if m.role == 'system' %}{{ raise_exception('System role not supported') }}
                        {%- endif %}{{ m.content }}{% endfor %}""")))
                .extracting(Finding::level)
                .containsExactly(Level.OK, Level.WARNING);
    }

    /** Every UTF-16 unit a token; 7 ends an answer. */
    private record Letters(boolean parsesAlways, int vocabSize) implements Tokenizer {

        @Override
        public int[] encode(String text, Specials specials) {
            return parsesAlways
                    ? new int[] {7}
                    : text.codePoints().map(c -> c % vocabSize).toArray();
        }

        @Override
        public int[] encode(String text, BitSet asText) {
            return encode(text, Specials.AS_TEXT);
        }

        @Override
        public byte[] bytes(int token) {
            return Character.toString(token).getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public int bosToken() {
            return -1;
        }

        @Override
        public boolean addsBos() {
            return false;
        }

        @Override
        public Set<Integer> endTokens() {
            return Set.of(7);
        }
    }
}
