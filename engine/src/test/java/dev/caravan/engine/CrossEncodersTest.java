package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.model.EncoderInput;
import dev.caravan.engine.model.TinyCheckpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From a question and a passage to transformers' logit. */
class CrossEncodersTest {

    private static final Offset<Float> TOLERANCE = Offset.offset(5e-6f);

    @TempDir
    private Path folder;

    private static LoadedCrossEncoder load(Path path) {
        return CrossEncoders.load(path, KernelProvider.create(1));
    }

    @ParameterizedTest
    @CsvSource({"bert-reranker, safetensors", "xlm-roberta-reranker, safetensors", "xlm-roberta-reranker, gguf"})
    void idsAndScoresEqualTransformers(String name, String format) {
        TinyCheckpoint model = TinyCheckpoint.unpack(name, folder);
        float[] expected = model.floats("scores.f32");
        List<String[]> rows = model.rows("pairs.tsv");
        try (LoadedCrossEncoder encoder = load(format.equals("gguf") ? model.gguf() : model.folder())) {
            for (int i = 0; i < rows.size(); i++) {
                String[] row = rows.get(i);
                EncoderInput input = encoder.input(row[0], row[1]);
                assertThat(input.ids()).isEqualTo(TinyCheckpoint.field(row[2]));
                assertThat(encoder.score(row[0], List.of(row[1]))[0]).isCloseTo(expected[i], TOLERANCE);
                if (name.startsWith("bert")) {
                    assertThat(input.typeIds()).isEqualTo(TinyCheckpoint.field(row[3]));
                }
            }
        }
    }

    @Test
    void severalPassagesTogetherGiveTheScoresOfEach() {
        TinyCheckpoint model = TinyCheckpoint.unpack("bert-reranker", folder);
        List<String> passages = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            passages.add("the cat sat ".repeat(1 + i % 7) + i);
        }
        try (LoadedCrossEncoder encoder = load(model.folder())) {
            float[] together = encoder.score("cat", passages);
            assertThat(together).hasSize(60);
            for (int i = 0; i < 60; i++) {
                assertThat(together[i]).isCloseTo(encoder.score("cat", List.of(passages.get(i)))[0], TOLERANCE);
            }
            assertThat(encoder.score("cat", List.of())).isEmpty();
            assertThat(encoder.modelName()).isEqualTo("bert-reranker");
        }
    }

    @Test
    void aScoreAfterClosingIsRefused() {
        LoadedCrossEncoder encoder =
                load(TinyCheckpoint.unpack("bert-reranker", folder).folder());
        encoder.close();
        encoder.close();
        assertThatThrownBy(() -> encoder.score("a", List.of("b")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void aConvertedBertClassifierIsRefusedBecauseItsPoolerIsMissing() {
        TinyCheckpoint model = TinyCheckpoint.unpack("bert-reranker", folder);
        assertThatThrownBy(() -> load(model.gguf()))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("cls.weight is missing")
                .hasMessageContaining("safetensors");
    }

    @Test
    void encodersAndRerankersAreNotTakenForEachOther() {
        TinyCheckpoint reranker = TinyCheckpoint.unpack("xlm-roberta-reranker", folder);
        assertThatThrownBy(() -> TextEncoders.load(reranker.folder(), 1))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("cross-encoder");
        TinyCheckpoint encoder = TinyCheckpoint.unpack("bert", folder);
        assertThatThrownBy(() -> load(encoder.folder()))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("no classifier");
    }
}
