package dev.caravan.langchain4j;

import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/**
 * What a chat model does where a request says nothing.
 *
 * @param parameters the defaults of every request; what is absent here is filled from {@link #defaults()}. A
 *     {@code modelName} is the model's own name: it is reported with each answer, and a request for another one is refused
 * @param seeds the seed of a request that brings none
 * @param listeners LangChain4j's observers of requests, responses and errors
 */
public record CaravanChatOptions(
        CaravanChatRequestParameters parameters, LongSupplier seeds, List<ChatModelListener> listeners) {

    /** The longest answer where neither the request nor the options say one, in tokens. */
    public static final int DEFAULT_MAX_OUTPUT_TOKENS = 1024;

    /** llama.cpp's sampling defaults, and a bounded answer. */
    private static final CaravanChatRequestParameters DEFAULTS = CaravanChatRequestParameters.builder()
            .temperature(0.8)
            .topK(40)
            .topP(0.95)
            .minP(0.05)
            .repetitionPenalty(1.0)
            .maxOutputTokens(DEFAULT_MAX_OUTPUT_TOKENS)
            .cancelled(() -> false)
            .build();

    public CaravanChatOptions {
        parameters = DEFAULTS.overrideWith(parameters);
        listeners = List.copyOf(listeners);
    }

    /** Temperature 0.8, top-k 40, top-p 0.95, min-p 0.05, no repetition penalty, 1024 tokens, a new seed each time. */
    public static CaravanChatOptions defaults() {
        return of(DEFAULTS);
    }

    /** These parameters over {@link #defaults()}. */
    public static CaravanChatOptions of(ChatRequestParameters parameters) {
        return new CaravanChatOptions(
                DEFAULTS.overrideWith(parameters),
                () -> ThreadLocalRandom.current().nextLong(),
                List.of());
    }
}
