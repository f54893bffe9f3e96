package dev.caravan.langchain4j;

import dev.caravan.engine.LanguageModel;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * LangChain4j's {@link StreamingChatModel} on a {@link LanguageModel} in this JVM. Thread-safe; the language model stays
 * its caller's to close.
 *
 * <p>Every request ends with {@code onCompleteResponse} or {@code onError}, also a refused one. An answer is cancelled
 * by the {@link StreamingHandle} that comes with each text, or before the first text by {@link
 * CaravanChatRequestParameters#cancelled()}; the engine stops within a token, and the handler still receives what there
 * is as complete response, marked by {@link CaravanChatResponseMetadata#isCancelled()}. A handler that throws ends its
 * answer and receives its own exception in {@code onError}.
 */
public final class CaravanStreamingChatModel implements StreamingChatModel {

    /** The answers that a model's own threads carry at once; the engine runs them together and lets the rest wait. */
    public static final int MAX_CONCURRENT_ANSWERS = 64;

    private static final Logger log = LoggerFactory.getLogger(CaravanStreamingChatModel.class);
    private static final long IDLE_THREAD_SECONDS = 10;

    private final LanguageModel model;
    private final CaravanChatOptions options;
    private final ChatMapping mapping;
    private final Executor executor;

    /** Answers on daemon threads of its own, at most {@link #MAX_CONCURRENT_ANSWERS}, which end when idle. */
    public CaravanStreamingChatModel(LanguageModel model, CaravanChatOptions options) {
        this(model, options, ownThreads());
    }

    /**
     * @param executor runs each answer from its prompt to its last callback; {@code Runnable::run} answers on the
     *     calling thread
     */
    public CaravanStreamingChatModel(LanguageModel model, CaravanChatOptions options, Executor executor) {
        this.model = model;
        this.options = options;
        this.mapping = new ChatMapping(model, options);
        this.executor = executor;
    }

    private static Executor ownThreads() {
        return new ThreadPoolExecutor(
                0,
                MAX_CONCURRENT_ANSWERS,
                IDLE_THREAD_SECONDS,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                Thread.ofPlatform().daemon().name("caravan-chat-", 0).factory());
    }

    @Override
    public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
        try {
            executor.execute(() -> answer(request, handler));
        } catch (RejectedExecutionException rejected) {
            deliver(
                    new RateLimitException("too many answers are under way on this model; try again later", rejected),
                    handler);
        }
    }

    private void answer(ChatRequest request, StreamingChatResponseHandler handler) {
        Cancellation cancellation = new Cancellation();
        try {
            handler.onCompleteResponse(mapping.response(model.generate(
                    mapping.generation(request, cancellation::isCancelled),
                    text -> handler.onPartialResponse(
                            new PartialResponse(text), new PartialResponseContext(cancellation)))));
        } catch (RuntimeException | Error error) { // whoever waits for the answer must hear of every end of it
            deliver(error, handler);
        }
    }

    private static void deliver(Throwable error, StreamingChatResponseHandler handler) {
        try {
            handler.onError(error);
        } catch (RuntimeException thrownByHandler) {
            log.atWarn()
                    .setCause(thrownByHandler)
                    .addKeyValue("error", error.toString())
                    .log("a streaming handler threw in onError");
        }
    }

    @Override
    public CaravanChatRequestParameters defaultRequestParameters() {
        return options.parameters();
    }

    @Override
    public List<ChatModelListener> listeners() {
        return options.listeners();
    }

    /** LangChain4j's handle on one answer; any thread may cancel. */
    private static final class Cancellation implements StreamingHandle {

        private volatile boolean cancelled;

        @Override
        public void cancel() {
            cancelled = true;
        }

        @Override
        public boolean isCancelled() {
            return cancelled;
        }
    }
}
