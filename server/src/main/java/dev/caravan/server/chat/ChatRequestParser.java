package dev.caravan.server.chat;

import dev.caravan.knowledge.retrieve.SearchRequest;
import dev.caravan.langchain4j.CaravanChatRequestParameters;
import dev.caravan.server.api.ApiErrorCode;
import dev.caravan.server.api.ApiException;
import dev.caravan.server.api.JsonFields;
import dev.caravan.server.chat.ChatRequest.ConversationPlace;
import dev.caravan.server.chat.ChatRequest.FileSearch;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reads a chat completion's request; every mistake is answered with the field's name. */
@Component
class ChatRequestParser {

    /** The fields that make an answer what it is; they are stored with it. */
    private static final List<String> STORED = List.of(
            "temperature",
            "top_p",
            "top_k",
            "min_p",
            "repetition_penalty",
            "max_tokens",
            "max_completion_tokens",
            "stop",
            "seed",
            "file_search");

    private static final int MAX_NAME_LENGTH = 256;
    private static final int MAX_STOPS = 4;
    private static final int MAX_STORES = 10;
    private static final int DEFAULT_RESULTS = 5;
    private static final int MAX_TOP_K = 1_000_000;
    private static final double MAX_PENALTY = 10;

    private final JsonMapper json;

    ChatRequestParser(JsonMapper json) {
        this.json = json;
    }

    ChatRequest parse(ObjectNode body) {
        JsonFields fields = new JsonFields(body);
        UnsupportedParameters.refuse(fields);
        JsonFields streamOptions = fields.object("stream_options");
        boolean isStreamed = fields.flag("stream", false);
        if (streamOptions != null && !isStreamed) {
            throw ApiException.invalid("stream_options", "'stream_options' goes with 'stream': true only.");
        }
        ConversationPlace conversation = conversation(fields.object("conversation"));
        boolean needsMessages = conversation == null || conversation.regenerateMessageId() == null;
        return new ChatRequest(
                fields.requiredText("model", MAX_NAME_LENGTH),
                ChatMessages.parse(fields, needsMessages),
                parameters(fields),
                stored(body),
                fileSearch(fields.object("file_search")),
                conversation,
                isStreamed,
                streamOptions != null && streamOptions.flag("include_usage", false));
    }

    private static CaravanChatRequestParameters parameters(JsonFields fields) {
        CaravanChatRequestParameters.Builder builder = CaravanChatRequestParameters.builder();
        present(fields.number("temperature", 0, 2), builder::temperature);
        OptionalDouble topP = fields.number("top_p", 0, 1);
        if (topP.isPresent() && topP.getAsDouble() == 0) {
            topP = OptionalDouble.of(Math.ulp(1f)); // OpenAI allows 0, which leaves the likeliest token
        }
        present(topP, builder::topP);
        present(fields.number("min_p", 0, Math.nextDown(1f)), builder::minP);
        present(fields.number("repetition_penalty", Float.MIN_NORMAL, MAX_PENALTY), builder::repetitionPenalty);
        OptionalLong topK = fields.wholeNumber("top_k", 0, MAX_TOP_K);
        if (topK.isPresent()) {
            builder.topK((int) topK.getAsLong());
        }
        OptionalLong seed = fields.wholeNumber("seed", Long.MIN_VALUE, Long.MAX_VALUE);
        if (seed.isPresent()) {
            builder.seed(seed.getAsLong());
        }
        OptionalLong maxTokens = fields.wholeNumber("max_tokens", 1, Integer.MAX_VALUE);
        OptionalLong maxCompletionTokens = fields.wholeNumber("max_completion_tokens", 1, Integer.MAX_VALUE);
        if (maxTokens.isPresent() || maxCompletionTokens.isPresent()) {
            builder.maxOutputTokens((int) maxCompletionTokens.orElseGet(maxTokens::getAsLong));
        }
        List<String> stops = fields.oneOrMoreTexts("stop", MAX_STOPS);
        if (stops.stream().anyMatch(String::isEmpty)) {
            throw ApiException.invalid("stop", "A stop text must not be empty.");
        }
        if (!stops.isEmpty()) {
            builder.stopSequences(stops);
        }
        return builder.build();
    }

    /** Hands a number on, if there is one. */
    private static void present(OptionalDouble number, DoubleConsumer target) {
        if (number.isPresent()) {
            target.accept(number.getAsDouble());
        }
    }

    private String stored(ObjectNode body) {
        ObjectNode stored = json.createObjectNode();
        for (String name : STORED) {
            if (body.has(name)) {
                stored.set(name, body.get(name));
            }
        }
        return json.writeValueAsString(stored);
    }

    private static @Nullable FileSearch fileSearch(@Nullable JsonFields fields) {
        if (fields == null) {
            return null;
        }
        List<String> ids = fields.texts("vector_store_ids", MAX_STORES);
        if (ids.isEmpty()) {
            throw fields.missing("vector_store_ids");
        }
        if (fields.has("filters") || fields.has("ranking_options")) {
            String name = fields.param(fields.has("filters") ? "filters" : "ranking_options");
            throw new ApiException(
                    ApiErrorCode.UNSUPPORTED_PARAMETER,
                    name,
                    "'%s' is not supported yet; leave it out.".formatted(name));
        }
        int results = (int) fields.wholeNumber("max_num_results", 1, SearchRequest.MAX_RESULTS)
                .orElse(DEFAULT_RESULTS);
        return new FileSearch(ids, results);
    }

    private static @Nullable ConversationPlace conversation(@Nullable JsonFields fields) {
        return fields == null
                ? null
                : new ConversationPlace(
                        fields.requiredText("id", MAX_NAME_LENGTH),
                        fields.text("regenerate_message_id", MAX_NAME_LENGTH));
    }
}
