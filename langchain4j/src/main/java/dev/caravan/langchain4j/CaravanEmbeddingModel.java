package dev.caravan.langchain4j;

import dev.caravan.engine.TextEncoder;
import dev.caravan.engine.TextEncoder.InputKind;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.request.EmbeddingInput;
import dev.langchain4j.model.embedding.request.EmbeddingInputType;
import dev.langchain4j.model.embedding.request.EmbeddingParameter;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.request.EmbeddingRequestParameters;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.model.output.TokenUsage;
import java.util.List;
import java.util.Set;

/**
 * LangChain4j's {@link EmbeddingModel} on a {@link TextEncoder} in this JVM. Models of the e5 family embed questions and
 * passages differently: choose by factory, or per call by LangChain4j's {@code inputType}. Vectors have length 1.
 * Thread-safe; the encoder stays its caller's to close.
 */
public final class CaravanEmbeddingModel implements EmbeddingModel {

    private final TextEncoder encoder;
    private final EmbeddingRequestParameters defaults;

    private CaravanEmbeddingModel(TextEncoder encoder, EmbeddingInputType inputType) {
        this.encoder = encoder;
        this.defaults =
                EmbeddingRequestParameters.builder().inputType(inputType).build();
    }

    /** For questions, to be compared with vectors of {@link #forPassages}. */
    public static CaravanEmbeddingModel forQueries(TextEncoder encoder) {
        return new CaravanEmbeddingModel(encoder, EmbeddingInputType.QUERY);
    }

    /** For the texts that are searched. */
    public static CaravanEmbeddingModel forPassages(TextEncoder encoder) {
        return new CaravanEmbeddingModel(encoder, EmbeddingInputType.DOCUMENT);
    }

    /** One vector per input, in their order. The token usage counts the texts in full, without prefixes. */
    @Override
    public EmbeddingResponse doEmbed(EmbeddingRequest request) {
        List<String> texts = request.inputs().stream().map(EmbeddingInput::text).toList();
        List<Embedding> embeddings = encoder
                .embed(texts, kind(request.parameters().inputType()))
                .stream()
                .map(Embedding::from)
                .toList();
        int tokens = texts.stream().mapToInt(encoder::countTokens).sum();
        return EmbeddingResponse.builder()
                .embeddings(embeddings)
                .modelName(modelName())
                .tokenUsage(new TokenUsage(tokens))
                .build();
    }

    private static InputKind kind(EmbeddingInputType type) {
        return switch (type) {
            case QUERY -> InputKind.QUERY;
            case DOCUMENT -> InputKind.PASSAGE;
        };
    }

    @Override
    public EmbeddingRequestParameters defaultRequestParameters() {
        return defaults;
    }

    @Override
    public Set<EmbeddingParameter<?>> supportedParameters() {
        return Set.of(EmbeddingRequestParameters.INPUT_TYPE);
    }

    @Override
    public int dimension() {
        return encoder.dimension();
    }

    @Override
    public String modelName() {
        return encoder.modelName();
    }
}
