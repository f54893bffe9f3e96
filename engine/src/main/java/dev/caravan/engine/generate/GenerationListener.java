package dev.caravan.engine.generate;

/**
 * Hears a generation while it runs, on the thread that asked for it; other requests go on meanwhile. What it throws ends
 * its own request and reaches that request's caller.
 */
@FunctionalInterface
public interface GenerationListener {

    /**
     * The next piece of the answer: whole characters only, and nothing that may yet turn out to be a stop text.
     *
     * @param text never empty
     */
    void onText(String text);

    /**
     * The next token with its log-probability, if the request asked for that; before the text that it completes. An end
     * token is not reported.
     */
    default void onLogprobs(TokenLogprobs logprobs) {}
}
