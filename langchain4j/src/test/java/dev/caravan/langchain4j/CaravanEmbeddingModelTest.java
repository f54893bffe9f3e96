package dev.caravan.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.TextEncoder;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.embedding.request.EmbeddingInput;
import dev.langchain4j.model.embedding.request.EmbeddingInputType;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.output.TokenUsage;
import java.util.List;
import org.junit.jupiter.api.Test;

class CaravanEmbeddingModelTest {

    private final FakeTextEncoder encoder = new FakeTextEncoder();

    @Test
    void embedsQuestionsAsQueriesAndTextsAsPassages() {
        assertThat(CaravanEmbeddingModel.forQueries(encoder)
                        .embed("서울")
                        .content()
                        .vector())
                .containsExactly(2, 0);
        assertThat(CaravanEmbeddingModel.forPassages(encoder)
                        .embed("서울")
                        .content()
                        .vector())
                .containsExactly(2, 1);
    }

    @Test
    void keepsTheOrderOfTheTextsAndCountsTheirTokens() {
        Response<List<Embedding>> response = CaravanEmbeddingModel.forPassages(encoder)
                .embedAll(List.of(TextSegment.from("가나다"), TextSegment.from("라")));

        assertThat(response.content()).extracting(e -> e.vector()[0]).containsExactly(3f, 1f);
        assertThat(response.tokenUsage()).isEqualTo(new TokenUsage(4));
    }

    @Test
    void embedsNoTextAsNoVector() {
        assertThat(CaravanEmbeddingModel.forPassages(encoder)
                        .embedAll(List.of())
                        .content())
                .isEmpty();
    }

    @Test
    void takesTheKindOfTextFromARequestThatNamesOne() {
        EmbeddingRequest request = EmbeddingRequest.builder()
                .inputs(List.of(EmbeddingInput.from("서울")))
                .inputType(EmbeddingInputType.QUERY)
                .build();
        assertThat(CaravanEmbeddingModel.forPassages(encoder)
                        .embed(request)
                        .embeddings()
                        .getFirst()
                        .vector())
                .containsExactly(2, 0);
    }

    @Test
    void refusesAnotherDimension() {
        EmbeddingRequest request = EmbeddingRequest.builder()
                .inputs(List.of(EmbeddingInput.from("서울")))
                .dimensions(64)
                .build();
        assertThatThrownBy(() -> CaravanEmbeddingModel.forPassages(encoder).embed(request))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("dimensions");
    }

    @Test
    void reportsTheEncodersNameAndDimensionWithoutEmbedding() {
        CaravanEmbeddingModel model = CaravanEmbeddingModel.forPassages(encoder);
        assertThat(model.modelName()).isEqualTo("fake-encoder");
        assertThat(model.dimension()).isEqualTo(2);
        assertThat(encoder.calls).isZero();
    }

    /** Vectors of (characters, kind). */
    private static final class FakeTextEncoder implements TextEncoder {
        int calls;

        @Override
        public List<float[]> embed(List<String> texts, InputKind kind) {
            calls++;
            return texts.stream()
                    .map(text -> new float[] {text.length(), kind == InputKind.QUERY ? 0 : 1})
                    .toList();
        }

        @Override
        public int countTokens(String text) {
            return text.length();
        }

        @Override
        public String modelName() {
            return "fake-encoder";
        }

        @Override
        public int dimension() {
            return 2;
        }

        @Override
        public int maxTokens() {
            return 512;
        }

        @Override
        public void close() {}
    }
}
