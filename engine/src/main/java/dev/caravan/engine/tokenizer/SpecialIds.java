package dev.caravan.engine.tokenizer;

import java.util.Set;

/**
 * The tokens with a role of their own.
 *
 * @param bos beginning of sequence, or -1
 * @param unknown stands for text that the vocabulary cannot spell, or -1
 * @param addsBos whether a plain prompt starts with {@code bos}
 * @param endTokens all tokens that end an answer
 * @param others further tokens with a role: padding, separator, mask
 */
public record SpecialIds(int bos, int unknown, boolean addsBos, Set<Integer> endTokens, Set<Integer> others) {

    public SpecialIds {
        endTokens = Set.copyOf(endTokens);
        others = Set.copyOf(others);
        if (addsBos && bos < 0) {
            throw new IllegalArgumentException(
                    "the tokenizer adds a beginning-of-sequence token but the file names none; convert the model again");
        }
    }

    public SpecialIds(int bos, int unknown, boolean addsBos, Set<Integer> endTokens) {
        this(bos, unknown, addsBos, endTokens, Set.of());
    }

    boolean hasRole(int id) {
        return id == bos || id == unknown || endTokens.contains(id) || others.contains(id);
    }

    /** @throws IllegalArgumentException if an id lies outside the vocabulary */
    void requireWithin(int vocabSize) {
        require(bos < vocabSize, "beginning-of-sequence", bos, vocabSize);
        require(unknown < vocabSize, "unknown", unknown, vocabSize);
        for (int end : endTokens) {
            require(end >= 0 && end < vocabSize, "end", end, vocabSize);
        }
    }

    private static void require(boolean holds, String role, int id, int vocabSize) {
        if (!holds) {
            throw new IllegalArgumentException(
                    "the %s token %d lies outside the vocabulary of %d tokens; the file is damaged, fetch it again"
                            .formatted(role, id, vocabSize));
        }
    }
}
