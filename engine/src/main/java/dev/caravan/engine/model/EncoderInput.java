package dev.caravan.engine.model;

/**
 * A text, or a pair of texts, as an encoder reads it.
 *
 * @param ids with the special tokens that the model was trained with; at least one
 * @param typeIds which segment each token belongs to ({@code token_type_ids}), {@code [tokens]}; models without
 *     segments pass over it
 */
@SuppressWarnings("ArrayRecordComponent") // handed over for one run, never written
public record EncoderInput(int[] ids, int[] typeIds) {

    public EncoderInput {
        if (ids.length == 0 || ids.length != typeIds.length) {
            throw new IllegalArgumentException("%d tokens with %d types".formatted(ids.length, typeIds.length));
        }
    }

    /** A single text: one segment. */
    public EncoderInput(int[] ids) {
        this(ids, new int[ids.length]);
    }

    int length() {
        return ids.length;
    }
}
