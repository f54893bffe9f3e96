package dev.caravan.knowledge.retrieve;

import dev.langchain4j.rag.content.Content;
import dev.langchain4j.rag.content.retriever.ContentRetriever;
import dev.langchain4j.rag.query.Query;
import java.util.List;

/** The hybrid search over some vector stores as LangChain4j's content retriever. Thread-safe. */
public final class SegmentContentRetriever implements ContentRetriever {

    private final HybridRetriever retriever;
    private final List<String> vectorStoreIds;
    private final int maxResults;

    /**
     * A retriever of a fixed scope.
     *
     * @param maxResults at most this many segments, 1 to {@value SearchRequest#MAX_RESULTS}
     */
    public SegmentContentRetriever(HybridRetriever retriever, List<String> vectorStoreIds, int maxResults) {
        this.retriever = retriever;
        this.vectorStoreIds = List.copyOf(vectorStoreIds);
        this.maxResults = maxResults;
    }

    @Override
    public List<Content> retrieve(Query query) {
        return retriever.search(new SearchRequest(vectorStoreIds, query.text(), maxResults)).stream()
                .<Content>map(SegmentContent::new)
                .toList();
    }
}
