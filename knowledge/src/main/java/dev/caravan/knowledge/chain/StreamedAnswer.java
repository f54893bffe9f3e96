package dev.caravan.knowledge.chain;

import dev.caravan.knowledge.chain.MarkFilter.Mark;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;

/** Passes a streamed answer on without the model's own marks, stops it when asked, and waits for its end. */
final class StreamedAnswer implements StreamingChatResponseHandler {

    private final RagListener listener;
    private final BooleanSupplier cancelled;
    private final MarkFilter filter = new MarkFilter();
    private final StringBuilder content = new StringBuilder();
    private final CompletableFuture<ChatResponse> complete = new CompletableFuture<>();

    StreamedAnswer(RagListener listener, BooleanSupplier cancelled) {
        this.listener = listener;
        this.cancelled = cancelled;
    }

    @Override
    public void onPartialResponse(PartialResponse partial, PartialResponseContext context) {
        if (cancelled.getAsBoolean()) {
            context.streamingHandle().cancel();
            return;
        }
        emit(filter.push(partial.text()));
    }

    @Override
    public void onCompleteResponse(ChatResponse response) {
        emit(filter.finish());
        complete.complete(response);
    }

    @Override
    public void onError(Throwable error) {
        complete.completeExceptionally(error);
    }

    /** The model's own end of the answer, when it is complete; what failed it is thrown. */
    ChatResponse await() {
        try {
            return complete.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** The answer; to be asked after {@link #await()}. */
    String content() {
        return content.toString();
    }

    List<Mark> marks() {
        return filter.marks();
    }

    /** Without white space at its start: base models begin their answer with a space. */
    private void emit(String text) {
        String piece = content.isEmpty() ? text.stripLeading() : text;
        if (!piece.isEmpty()) {
            content.append(piece);
            listener.onText(piece);
        }
    }
}
