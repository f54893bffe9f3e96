package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.EncoderOptions.Prompts;
import dev.caravan.engine.TextEncoder.InputKind;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.model.Golden;
import dev.caravan.engine.model.Pooling;
import dev.caravan.engine.model.TinyCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** From a text to its vector: ids as transformers', vectors as sentence-transformers', from folders and GGUF files. */
class TextEncodersTest {

    /** Of unit vectors of 32 values. */
    private static final float TOLERANCE = 2e-6f;

    /** A decoder rounds keys and values to F16; of unit vectors. */
    private static final float CAUSAL_TOLERANCE = 1e-3f;

    private static final EncoderOptions OPTIONS = EncoderOptions.defaults().withThreads(1);

    @TempDir
    private Path folder;

    static Stream<Arguments> models() {
        return Stream.of("bert", "xlm-roberta", "embedding-gemma", "qwen3-embedding")
                .flatMap(name -> Stream.of("safetensors", "gguf").map(format -> Arguments.of(name, format)));
    }

    private static LoadedTextEncoder load(TinyCheckpoint model, String format, EncoderOptions options) {
        Path path = format.equals("gguf") ? model.gguf() : model.folder();
        return TextEncoders.load(path, options, KernelProvider.create(options.threads()));
    }

    private static LoadedTextEncoder load(TinyCheckpoint model) {
        return load(model, "safetensors", OPTIONS);
    }

    private static InputKind kind(String[] row) {
        return InputKind.valueOf(row[0].toUpperCase(Locale.ROOT));
    }

    @ParameterizedTest
    @MethodSource("models")
    void idsEqualTransformers(String name, String format) {
        TinyCheckpoint model = TinyCheckpoint.unpack(name, folder);
        try (LoadedTextEncoder encoder = load(model, format, OPTIONS.withMaxTokens(longest(model)))) {
            for (String[] row : model.rows("texts.tsv")) {
                assertThat(encoder.tokens(row[1], kind(row))).as(row[1]).isEqualTo(TinyCheckpoint.field(row[2]));
            }
        }
    }

    /** A GGUF file does not say how long an input may be: the folder's limit is stated. */
    private static int longest(TinyCheckpoint model) {
        try (LoadedTextEncoder encoder = load(model)) {
            return encoder.maxTokens();
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void vectorsEqualSentenceTransformers(String name, String format) {
        TinyCheckpoint model = TinyCheckpoint.unpack(name, folder);
        float[] expected = model.floats("vectors.f32");
        try (LoadedTextEncoder encoder = load(model, format, OPTIONS.withMaxTokens(longest(model)))) {
            List<String[]> rows = model.rows("texts.tsv");
            int size = encoder.dimension();
            assertThat(expected).hasSize(rows.size() * size);
            for (int i = 0; i < rows.size(); i++) {
                float[] actual = encoder.embed(List.of(rows.get(i)[1]), kind(rows.get(i)))
                        .getFirst();
                assertThat(Golden.maxDifference(actual, 0, expected, i * size, size))
                        .as(rows.get(i)[1])
                        .isLessThan(name.startsWith("qwen") ? CAUSAL_TOLERANCE : TOLERANCE);
            }
        }
    }

    @Test
    void takesNameLengthAndPromptsFromTheFiles() {
        try (LoadedTextEncoder encoder = load(TinyCheckpoint.unpack("embedding-gemma", folder))) {
            assertThat(encoder.modelName()).isEqualTo("embedding-gemma");
            assertThat(encoder.maxTokens()).isEqualTo(128);
            assertThat(encoder.dimension()).isEqualTo(32);
            assertThat(encoder.prompt(InputKind.QUERY)).isEqualTo("task: search result | query: ");
            assertThat(encoder.prompt(InputKind.PASSAGE)).isEqualTo("title: none | text: ");
        }
        try (LoadedTextEncoder encoder = load(TinyCheckpoint.unpack("bert", folder))) {
            assertThat(encoder.maxTokens()).isEqualTo(48);
            assertThat(encoder.prompt(InputKind.QUERY)).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "multilingual-e5-small, 'query: '",
        "multilingual-e5-large-instruct, ''",
        "e5-base-v2, 'query: '",
        "e5-mistral-7b-instruct, ''",
        "bge-m3, ''",
        "made5-small, ''"
    })
    void modelsOfTheE5FamilyHaveItsPromptsByTheirName(String name, String prompt) throws IOException {
        TinyCheckpoint model = TinyCheckpoint.unpack("bert", folder);
        Path renamed = Files.move(model.folder(), folder.resolve(name));
        try (LoadedTextEncoder encoder = load(new TinyCheckpoint(renamed))) {
            assertThat(encoder.modelName()).isEqualTo(name);
            assertThat(encoder.prompt(InputKind.QUERY)).isEqualTo(prompt);
        }
    }

    @Test
    void statedOptionsPrevailOverTheFiles() {
        TinyCheckpoint model = TinyCheckpoint.unpack("xlm-roberta", folder);
        EncoderOptions options = OPTIONS.withPrompts(new Prompts("q: ", ""))
                .withPooling(Pooling.CLS)
                .withMaxTokens(8)
                .withDimensions(10);
        try (LoadedTextEncoder encoder = load(model, "safetensors", options)) {
            assertThat(encoder.prompt(InputKind.QUERY)).isEqualTo("q: ");
            assertThat(encoder.maxTokens()).isEqualTo(8);
            assertThat(encoder.dimension()).isEqualTo(10);
            assertThat(encoder.modelName()).isEqualTo("xlm-roberta-10d");
            assertThat(encoder.tokens("서울은 대한민국의 수도이다", InputKind.PASSAGE)).hasSize(8);
        }
    }

    @Test
    void fewerDimensionsAreTheFirstOnesOfUnitLength() {
        TinyCheckpoint model = TinyCheckpoint.unpack("embedding-gemma", folder);
        String text = "서울은 대한민국의 수도이다";
        try (LoadedTextEncoder whole = load(model);
                LoadedTextEncoder part = load(model, "safetensors", OPTIONS.withDimensions(8))) {
            float[] vector = whole.embed(List.of(text), InputKind.QUERY).getFirst();
            float[] shorter = part.embed(List.of(text), InputKind.QUERY).getFirst();
            double length = 0;
            for (int i = 0; i < 8; i++) {
                length += vector[i] * vector[i];
            }
            assertThat(shorter).hasSize(8);
            for (int i = 0; i < 8; i++) {
                assertThat(shorter[i]).isCloseTo((float) (vector[i] / Math.sqrt(length)), Offset.offset(1e-6f));
            }
        }
        assertThatThrownBy(() -> load(model, "safetensors", OPTIONS.withDimensions(33)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("33 dimensions");
    }

    @ParameterizedTest
    @MethodSource("models")
    void severalTextsTogetherGiveTheVectorsOfEach(String name, String format) {
        TinyCheckpoint model = TinyCheckpoint.unpack(name, folder);
        List<String> texts = model.rows("texts.tsv").stream().map(row -> row[1]).toList();
        try (LoadedTextEncoder encoder = load(model, format, OPTIONS)) {
            List<float[]> together = encoder.embed(texts, InputKind.PASSAGE);
            for (int i = 0; i < texts.size(); i++) {
                float[] alone =
                        encoder.embed(List.of(texts.get(i)), InputKind.PASSAGE).getFirst();
                assertThat(Golden.maxDifference(together.get(i), 0, alone, 0, alone.length))
                        .isLessThan(TOLERANCE);
            }
            assertThat(encoder.embed(List.of(), InputKind.QUERY)).isEmpty();
            assertThat(encoder.embed(List.of("", "x".repeat(100_000), "<s></s>[SEP]<eos>"), InputKind.QUERY))
                    .hasSize(3);
        }
    }

    @Test
    void refusesToEmbedOnceItIsClosed() {
        LoadedTextEncoder encoder = load(TinyCheckpoint.unpack("bert", folder));
        encoder.close();
        encoder.close();
        assertThatThrownBy(() -> encoder.embed(List.of("a"), InputKind.QUERY))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }
}
