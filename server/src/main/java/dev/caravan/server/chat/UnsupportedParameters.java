package dev.caravan.server.chat;

import dev.caravan.server.api.ApiErrorCode;
import dev.caravan.server.api.ApiException;
import dev.caravan.server.api.JsonFields;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;

/**
 * OpenAI's parameters that change an answer and that this server does not have. They are refused by name: an answer that
 * silently ignores them would be a wrong one. A value that asks for nothing passes.
 */
final class UnsupportedParameters {

    /** What of each parameter asks for nothing. */
    private static final Map<String, Predicate<JsonNode>> HARMLESS = Map.ofEntries(
            Map.entry("tools", UnsupportedParameters::isEmpty),
            Map.entry("tool_choice", value -> isText(value, List.of("none", "auto"))),
            Map.entry("functions", UnsupportedParameters::isEmpty),
            Map.entry("function_call", value -> isText(value, List.of("none", "auto"))),
            Map.entry("response_format", value -> isText(value.path("type"), List.of("text"))),
            Map.entry("n", value -> value.isNumber() && value.doubleValue() == 1),
            Map.entry("logprobs", UnsupportedParameters::isFalse),
            Map.entry("top_logprobs", UnsupportedParameters::isZero),
            Map.entry("logit_bias", UnsupportedParameters::isEmpty),
            Map.entry("presence_penalty", UnsupportedParameters::isZero),
            Map.entry("frequency_penalty", UnsupportedParameters::isZero),
            Map.entry("audio", UnsupportedParameters::never),
            Map.entry("modalities", UnsupportedParameters::isTextOnly),
            Map.entry("prediction", UnsupportedParameters::never),
            Map.entry("web_search_options", UnsupportedParameters::never),
            Map.entry("store", UnsupportedParameters::isFalse));

    private UnsupportedParameters() {}

    /** Refuses the first one, in the order of their names. */
    static void refuse(JsonFields fields) {
        for (String name : HARMLESS.keySet().stream().sorted().toList()) {
            JsonNode value = fields.find(name);
            if (value != null
                    && !HARMLESS.getOrDefault(name, UnsupportedParameters::never)
                            .test(value)) {
                throw new ApiException(
                        ApiErrorCode.UNSUPPORTED_PARAMETER,
                        name,
                        "'%s' is not supported by this server; leave it out.".formatted(name));
            }
        }
    }

    private static boolean isEmpty(JsonNode value) {
        return value.isContainer() && value.isEmpty();
    }

    private static boolean isFalse(JsonNode value) {
        return value.isBoolean() && !value.booleanValue();
    }

    private static boolean isZero(JsonNode value) {
        return value.isNumber() && value.doubleValue() == 0;
    }

    private static boolean never(JsonNode value) {
        return false;
    }

    private static boolean isText(JsonNode value, List<String> texts) {
        return value.isString() && texts.contains(value.stringValue());
    }

    private static boolean isTextOnly(JsonNode value) {
        return value.isArray() && value.size() == 1 && isText(value.path(0), List.of("text"));
    }
}
