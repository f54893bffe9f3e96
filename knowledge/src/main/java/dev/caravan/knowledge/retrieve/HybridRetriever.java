package dev.caravan.knowledge.retrieve;

import dev.caravan.knowledge.store.EmbeddingSpace;
import dev.langchain4j.model.embedding.EmbeddingModel;
import java.util.List;
import javax.sql.DataSource;

/** Dense and lexical search, joined by reciprocal rank fusion. Thread-safe. */
public final class HybridRetriever {

    private final DataSource dataSource;
    private final EmbeddingSpace space;
    private final EmbeddingModel queries;
    private final RetrievalSettings settings;

    /**
     * A retriever.
     *
     * @param dataSource the database with the {@code knowledge_} tables
     * @param space the embedding space that the documents were ingested with
     * @param queries embeds queries
     */
    public HybridRetriever(
            DataSource dataSource, EmbeddingSpace space, EmbeddingModel queries, RetrievalSettings settings) {
        this.dataSource = dataSource;
        this.space = space;
        this.queries = queries;
        this.settings = settings;
    }

    /** The relevant segments, best first. */
    public List<RetrievedSegment> search(SearchRequest request) {
        return dev.caravan.knowledge.Unfinished.body(dataSource, space, queries, settings, request);
    }
}
