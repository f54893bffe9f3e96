package dev.caravan.engine.generate;

/** Decides before every draw which tokens may follow. Belongs to one generation; not thread-safe. */
@FunctionalInterface
public interface TokenConstraint {

    /** Leaves every token as it is. */
    TokenConstraint NONE = (generated, count, logits) -> {};

    /**
     * Changes the logits in place: negative infinity forbids a token. At least one token must remain.
     *
     * @param generated the tokens of the answer so far, without the prompt
     * @param count how many of them are filled
     * @param logits {@code [vocabulary]}
     */
    void apply(int[] generated, int count, float[] logits);
}
