package dev.caravan.engine.tokenizer;

/** One step of cutting text into the words that the model sees; steps follow one another. Immutable and thread-safe. */
@FunctionalInterface
interface PreTokenizerStep {

    /** Takes the parts of a text in their order. */
    @FunctionalInterface
    interface PartSink {
        /**
         * The part {@code text[start, end)}, never empty.
         *
         * @param first whether it begins where the caller's whole text begins
         */
        void part(String text, int start, int end, boolean first);
    }

    /** Cuts {@code text[start, end)}, which is not empty. */
    void split(String text, int start, int end, boolean first, PartSink next);
}
