package dev.caravan.knowledge.chain;

import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.List;

/**
 * An answer with what supports it.
 *
 * @param content the answer's text, without marks such as [1]
 * @param citations supported spans, in the order of the answer
 * @param sources the passages given to the model, cited ones first
 * @param tokenUsage as the model reported it; zero if the model was not asked
 * @param finishReason why the answer ended; OTHER if it was cancelled
 * @param prompt the messages as they were given to the model, for the record
 */
public record RagAnswer(
        String content,
        List<Citation> citations,
        List<Source> sources,
        TokenUsage tokenUsage,
        FinishReason finishReason,
        String prompt) {

    public RagAnswer {
        citations = List.copyOf(citations);
        sources = List.copyOf(sources);
    }
}
