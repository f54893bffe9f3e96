package dev.caravan.knowledge.chain;

import dev.caravan.knowledge.retrieve.RetrievedSegment;
import java.util.List;

/** Hears an answer as it is made. Called on one thread at a time; an exception thrown here ends the answer. */
public interface RagListener {

    /**
     * The next piece of the answer. The pieces joined are the answer's content.
     *
     * @param text never empty
     */
    void onText(String text);

    /**
     * The segments that were given to the model, best first; called once, before any text.
     *
     * @param segments empty if nothing relevant was found
     */
    default void onSources(List<RetrievedSegment> segments) {}
}
