package dev.caravan.server.conversations;

import java.util.List;

/**
 * How an answer ended.
 *
 * @param status {@code completed}, {@code stopped} or {@code failed}
 * @param prompt the messages as the model was given them; empty if it was given none
 */
public record FinishedAnswer(
        Status status, String content, String prompt, List<Annotation> annotations, List<AnswerSource> sources) {

    /** The ends of an answer. */
    public enum Status {
        COMPLETED,
        STOPPED,
        FAILED
    }

    public FinishedAnswer {
        annotations = List.copyOf(annotations);
        sources = List.copyOf(sources);
    }

    /** An answer of which there is only a part. */
    public static FinishedAnswer partial(Status status, String content) {
        return new FinishedAnswer(status, content, "", List.of(), List.of());
    }
}
