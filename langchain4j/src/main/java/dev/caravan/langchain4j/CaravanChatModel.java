package dev.caravan.langchain4j;

import dev.caravan.engine.LanguageModel;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.util.List;

/**
 * LangChain4j's {@link ChatModel} on a {@link LanguageModel} in this JVM. An answer is generated on the calling thread;
 * the engine's own exceptions pass unchanged, for example {@link dev.caravan.engine.ContextOverflowException}.
 * Thread-safe; the language model stays its caller's to close.
 */
public final class CaravanChatModel implements ChatModel {

    private final LanguageModel model;
    private final CaravanChatOptions options;
    private final ChatMapping mapping;

    public CaravanChatModel(LanguageModel model, CaravanChatOptions options) {
        this.model = model;
        this.options = options;
        this.mapping = new ChatMapping(model, options);
    }

    /**
     * The answer; its metadata is a {@link CaravanChatResponseMetadata}.
     *
     * @throws dev.langchain4j.exception.UnsupportedFeatureException if the request needs tools, JSON output or content
     *     other than text
     * @throws dev.langchain4j.exception.ModelNotFoundException if the request names another model
     * @throws IllegalArgumentException if a parameter is out of its range
     * @throws dev.caravan.engine.ContextOverflowException if the conversation leaves no room for an answer
     */
    @Override
    public ChatResponse doChat(ChatRequest request) {
        return mapping.response(model.generate(mapping.generation(request, () -> false), text -> {}));
    }

    @Override
    public CaravanChatRequestParameters defaultRequestParameters() {
        return options.parameters();
    }

    @Override
    public List<ChatModelListener> listeners() {
        return options.listeners();
    }
}
