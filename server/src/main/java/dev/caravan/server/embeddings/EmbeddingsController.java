package dev.caravan.server.embeddings;

import dev.caravan.engine.TextEncoder;
import dev.caravan.engine.TextEncoder.InputKind;
import dev.caravan.server.api.ApiErrorCode;
import dev.caravan.server.api.ApiException;
import dev.caravan.server.api.JsonFields;
import dev.caravan.server.models.LoadedEncoder;
import dev.caravan.server.models.ModelRegistry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * OpenAI's embeddings. The extension {@code input_type} says whether the texts are questions ({@code query}) or what is
 * searched ({@code passage}, the default): models of the e5 family embed them differently.
 */
@RestController
class EmbeddingsController {

    private static final int MAX_INPUTS = 256;
    private static final int MAX_MODEL_LENGTH = 256;

    private final ModelRegistry models;

    EmbeddingsController(ModelRegistry models) {
        this.models = models;
    }

    /** One vector: a list of numbers, or their little-endian bytes in Base64. */
    record EmbeddingObject(String object, int index, Object embedding) {}

    record Usage(int promptTokens, int totalTokens) {}

    record EmbeddingList(String object, List<EmbeddingObject> data, String model, Usage usage) {}

    @PostMapping("/v1/embeddings")
    EmbeddingList create(@RequestBody ObjectNode body) {
        JsonFields fields = new JsonFields(body);
        LoadedEncoder loaded = models.requireEncoder(fields.requiredText("model", MAX_MODEL_LENGTH));
        TextEncoder encoder = loaded.encoder();
        checkDimensions(fields, encoder);
        boolean isBase64 = isBase64(fields);
        InputKind kind = kind(fields);
        List<String> inputs = inputs(fields, encoder);
        List<float[]> vectors = encoder.embed(inputs, kind);
        List<EmbeddingObject> data = new ArrayList<>(vectors.size());
        for (int i = 0; i < vectors.size(); i++) {
            float[] vector = vectors.get(i);
            data.add(new EmbeddingObject("embedding", i, isBase64 ? base64(vector) : vector));
        }
        int tokens = inputs.stream().mapToInt(encoder::countTokens).sum();
        return new EmbeddingList("list", data, loaded.id(), new Usage(tokens, tokens));
    }

    private static List<String> inputs(JsonFields fields, TextEncoder encoder) {
        JsonNode input = fields.find("input");
        if (input == null) {
            throw fields.missing("input");
        }
        if (input.isArray()
                && !input.isEmpty()
                && (input.get(0).isNumber() || input.get(0).isArray())) {
            throw ApiException.invalid("input", "Token ids are not understood; send 'input' as text.");
        }
        List<String> inputs = fields.oneOrMoreTexts("input", MAX_INPUTS);
        if (inputs.isEmpty() || inputs.stream().anyMatch(String::isEmpty)) {
            throw ApiException.invalid("input", "'input' must be a text, or a list of texts, that is not empty.");
        }
        for (String text : inputs) {
            int tokens = encoder.countTokens(text);
            if (tokens > encoder.maxTokens()) {
                throw new ApiException(
                        ApiErrorCode.CONTEXT_LENGTH_EXCEEDED,
                        "input",
                        "A text has %d tokens, this model reads %d; split it.".formatted(tokens, encoder.maxTokens()));
            }
        }
        return inputs;
    }

    private static boolean isBase64(JsonFields fields) {
        String format = Objects.requireNonNullElse(fields.text("encoding_format"), "float");
        return switch (format) {
            case "float" -> false;
            case "base64" -> true;
            default -> throw ApiException.invalid("encoding_format", "'encoding_format' must be float or base64.");
        };
    }

    private static InputKind kind(JsonFields fields) {
        String type = Objects.requireNonNullElse(fields.text("input_type"), "passage");
        return switch (type) {
            case "passage" -> InputKind.PASSAGE;
            case "query" -> InputKind.QUERY;
            default -> throw ApiException.invalid("input_type", "'input_type' must be passage or query.");
        };
    }

    private static void checkDimensions(JsonFields fields, TextEncoder encoder) {
        long dimensions = fields.wholeNumber("dimensions", 1, Integer.MAX_VALUE).orElse(encoder.dimension());
        if (dimensions != encoder.dimension()) {
            throw new ApiException(
                    ApiErrorCode.UNSUPPORTED_PARAMETER,
                    "dimensions",
                    "This model's vectors have %d dimensions; leave 'dimensions' out.".formatted(encoder.dimension()));
        }
    }

    private static String base64(float[] vector) {
        ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        return Base64.getEncoder().encodeToString(bytes.array());
    }
}
