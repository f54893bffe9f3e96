package dev.caravan.knowledge.chain;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.store.embedding.CosineSimilarity;
import java.util.List;

/** How near sentences are to a question in meaning. */
@FunctionalInterface
public interface SentenceSimilarity {

    /** One number per sentence, the higher the nearer. */
    double[] of(String question, List<String> sentences);

    /**
     * Cosine similarity.
     *
     * @param queries embeds the question
     * @param passages embeds the sentences; the same model, for families with two prefixes
     */
    static SentenceSimilarity cosine(EmbeddingModel queries, EmbeddingModel passages) {
        return (question, sentences) -> {
            if (sentences.isEmpty()) {
                return new double[0];
            }
            Embedding asked = queries.embed(question).content();
            return passages.embedAll(sentences.stream().map(TextSegment::from).toList()).content().stream()
                    .mapToDouble(embedding -> CosineSimilarity.between(asked, embedding))
                    .toArray();
        };
    }
}
