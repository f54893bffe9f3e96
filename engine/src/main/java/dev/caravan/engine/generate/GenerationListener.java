package dev.caravan.engine.generate;

/** Hears a generation while it runs, on the generating thread. */
@FunctionalInterface
public interface GenerationListener {

    /**
     * The next piece of the answer: whole characters only, and nothing that may yet turn out to be a stop text.
     *
     * @param text never empty
     */
    void onText(String text);
}
