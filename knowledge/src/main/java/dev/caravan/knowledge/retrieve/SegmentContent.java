package dev.caravan.knowledge.retrieve;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.rag.content.Content;
import dev.langchain4j.rag.content.ContentMetadata;
import java.util.List;
import java.util.Map;

/**
 * A retrieved segment as LangChain4j's content, so that it passes through an augmentor and comes out whole.
 *
 * @param segment the segment
 */
public record SegmentContent(RetrievedSegment segment) implements Content {

    /** The segments that some contents of this kind carry, in their order. */
    public static List<RetrievedSegment> segments(List<Content> contents) {
        return contents.stream()
                .map(content -> ((SegmentContent) content).segment())
                .toList();
    }

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
