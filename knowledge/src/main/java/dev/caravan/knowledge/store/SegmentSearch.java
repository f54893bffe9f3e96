package dev.caravan.knowledge.store;

import java.sql.Connection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The two searches over segments. Every method runs in the caller's transaction. Stateless. */
public final class SegmentSearch {

    /** Up to so many segments are compared one by one; 20,000 took 83 ms when that was measured. */
    public static final int EXACT_LIMIT_SEGMENTS = 10_000;

    private static final int INDEXED_DIMENSIONS = 384;

    private final int exactLimit;

    public SegmentSearch() {
        this(EXACT_LIMIT_SEGMENTS);
    }

    SegmentSearch(int exactLimit) {
        this.exactLimit = exactLimit;
    }

    /**
     * A segment that the dense search found.
     *
     * @param similarity cosine of the angle between query and segment
     */
    public record DenseHit(long segmentId, double similarity) {}

    /**
     * A segment that the lexical search found.
     *
     * @param score BM25
     * @param coverage share of the query's terms that it holds, weighted by rarity, 0 to 1
     */
    public record LexicalHit(long segmentId, double score, double coverage) {}

    /** A segment with one of the files that hold it. */
    public record Row(
            long segmentId,
            String vectorStoreId,
            String fileId,
            String filename,
            String documentHash,
            int start,
            int end,
            String text,
            @Nullable Integer page,
            @Nullable Integer paragraph) {}

    /** The nearest segments of the vector stores, nearest first: exact if they are few, by HNSW if there are many. */
    public List<DenseHit> dense(
            Connection connection, List<String> vectorStoreIds, EmbeddingSpace space, float[] query, int limit) {
        String literal = VectorLiteral.of(query, space.dimensions());
        Sql.Row<DenseHit> mapper = row -> new DenseHit(row.getLong(1), row.getDouble(2));
        boolean exact = space.dimensions() != INDEXED_DIMENSIONS || count(connection, vectorStoreIds) <= exactLimit;
        if (exact) {
            return Sql.query(connection, "search-dense-exact", mapper, vectorStoreIds, literal, space.modelId(), limit);
        }
        return denseIndexed(connection, vectorStoreIds, space, literal, limit, mapper);
    }

    private static List<DenseHit> denseIndexed(
            Connection connection,
            List<String> vectorStoreIds,
            EmbeddingSpace space,
            String literal,
            int limit,
            Sql.Row<DenseHit> mapper) {
        Sql.query(connection, "iterative-scan", row -> true);
        List<DenseHit> hits = Sql.query(
                connection, "search-dense-384", mapper, literal, space.modelId(), vectorStoreIds, literal, limit);
        // The index compares vectors that it has normalised and rounded to 16 bits; near ties come out of order.
        return hits.stream()
                .sorted(Comparator.comparingDouble(DenseHit::similarity).reversed())
                .toList();
    }

    /** The segments that hold any of the terms, best first by BM25. */
    public List<LexicalHit> lexical(Connection connection, List<String> vectorStoreIds, List<String> terms, int limit) {
        if (terms.isEmpty()) {
            return List.of();
        }
        return Sql.query(
                connection,
                "search-lexical",
                row -> new LexicalHit(row.getLong(1), row.getDouble(2), row.getDouble(3)),
                vectorStoreIds,
                terms,
                terms,
                limit);
    }

    /** Segments by id, in no order. */
    public List<Row> byId(Connection connection, List<String> vectorStoreIds, List<Long> segmentIds) {
        if (segmentIds.isEmpty()) {
            return List.of();
        }
        return Sql.query(
                connection,
                "segments-by-id",
                row -> new Row(
                        row.getLong(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getInt(6),
                        row.getInt(7),
                        row.getString(8),
                        row.getObject(9, Integer.class),
                        row.getObject(10, Integer.class)),
                vectorStoreIds,
                segmentIds);
    }

    /** Number of segments in the vector stores. */
    public long count(Connection connection, List<String> vectorStoreIds) {
        return Sql.query(connection, "count-segments", row -> row.getLong(1), vectorStoreIds)
                .getFirst();
    }
}
