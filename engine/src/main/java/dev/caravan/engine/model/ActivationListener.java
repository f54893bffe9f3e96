package dev.caravan.engine.model;

/** Sees a session's intermediate values as they are computed, to compare them with a reference's layer by layer. */
@FunctionalInterface
interface ActivationListener {

    /**
     * Called once for each name and run of tokens, in the order of the computation.
     *
     * @param name {@code embeddings} or {@code layer.N}
     * @param values {@code [tokens, hidden]}; only valid during the call
     * @param start the position of the first token
     */
    void onActivation(String name, float[] values, int start, int tokens);
}
