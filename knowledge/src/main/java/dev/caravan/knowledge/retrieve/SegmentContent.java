package dev.caravan.knowledge.retrieve;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.rag.content.Content;
import dev.langchain4j.rag.content.ContentMetadata;
import java.util.Map;

/**
 * A retrieved segment as LangChain4j's content, so that it passes through an augmentor and comes out whole.
 *
 * @param segment the segment
 */
public record SegmentContent(RetrievedSegment segment) implements Content {

    @Override
    public TextSegment textSegment() {
        return TextSegment.from(segment.text());
    }

    @Override
    public Map<ContentMetadata, Object> metadata() {
        return Map.of(
                ContentMetadata.SCORE,
                segment.score(),
                ContentMetadata.EMBEDDING_ID,
                Long.toString(segment.segmentId()));
    }
}
