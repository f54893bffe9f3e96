package dev.caravan.engine.model;

import java.util.List;

/** The mutable half of a running {@link Encoder}. For one thread at a time. */
@FunctionalInterface
public interface EncoderPass {

    /**
     * The states of some texts, which do not see each other.
     *
     * @param texts at least one; none longer than the encoder's {@code maxTokens}
     * @return the tokens of all texts one after another, {@code [tokens, hidden]}. The array is the pass's own and may be
     *     longer: the caller may change it, the next call overwrites it
     */
    float[] run(List<EncoderInput> texts);
}
