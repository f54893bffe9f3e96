package dev.caravan.engine.template;

/**
 * A run of a rendered prompt.
 *
 * @param trusted whether the template wrote it: only then do control tokens in it count; text that came from a message
 *     is encoded as text
 */
public record PromptPiece(String text, boolean trusted) {}
