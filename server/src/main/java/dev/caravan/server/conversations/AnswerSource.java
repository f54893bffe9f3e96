package dev.caravan.server.conversations;

import org.jspecify.annotations.Nullable;

/**
 * A passage that was given to the model, on the wire and in the database.
 *
 * @param cited whether an annotation names it
 */
public record AnswerSource(
        int index,
        String fileId,
        String filename,
        @Nullable Integer page,
        @Nullable Integer paragraph,
        double score,
        String text,
        String documentHash,
        int documentStart,
        int documentEnd,
        boolean cited) {}
