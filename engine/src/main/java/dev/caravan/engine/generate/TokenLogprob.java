package dev.caravan.engine.generate;

/**
 * A token and how likely the model itself found it.
 *
 * @param token its id
 * @param bytes its bytes in running text, possibly a part of a character; none for a control token
 * @param logprob the natural logarithm of its probability
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never written
public record TokenLogprob(int token, byte[] bytes, float logprob) {}
