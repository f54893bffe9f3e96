package dev.caravan.knowledge.chain;

import dev.caravan.knowledge.retrieve.HybridRetriever;
import dev.langchain4j.model.chat.StreamingChatModel;
import java.util.function.BooleanSupplier;

/** Answers a question from documents, with citations. Thread-safe. */
public final class RagChain {

    private final HybridRetriever retriever;
    private final StreamingChatModel model;
    private final RagSettings settings;

    public RagChain(HybridRetriever retriever, StreamingChatModel model, RagSettings settings) {
        this.retriever = retriever;
        this.model = model;
        this.settings = settings;
    }

    /**
     * The answer, when it is complete. Blocks the calling thread; text is streamed to the listener meanwhile.
     *
     * @param cancelled asked at each piece of text; true stops the model, and what there is becomes the answer
     */
    public RagAnswer answer(RagRequest request, RagListener listener, BooleanSupplier cancelled) {
        return dev.caravan.knowledge.Unfinished.body(retriever, model, settings, request, listener, cancelled);
    }
}
