package dev.caravan.knowledge.store;

import dev.caravan.knowledge.parse.Anchor;
import dev.caravan.knowledge.parse.ParsedDocument;
import dev.caravan.knowledge.split.Segment;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The ledger of documents with their segments, terms and vectors. Every method runs in the caller's transaction; who
 * stores or removes a document calls {@link #lock} first. Stateless.
 */
public final class DocumentRepository {

    private static final int BATCH_ROWS = 200;

    /** Waits until no other transaction stores or removes this document. */
    public void lock(Connection connection, String documentHash) {
        Sql.query(connection, "lock-document", row -> true, documentHash);
    }

    /** A document, if it is stored. */
    public Optional<StoredDocument> find(Connection connection, String documentHash, String embeddingModelId) {
        return Sql.query(
                        connection,
                        "find-document",
                        row -> new StoredDocument(row.getLong(1), row.getInt(2), row.getInt(3), row.getInt(4)),
                        embeddingModelId,
                        documentHash)
                .stream()
                .findFirst();
    }

    /**
     * Adds a document to the ledger.
     *
     * @return id of its row
     */
    public long insert(
            Connection connection, String documentHash, ParsedDocument document, List<SegmentTerms> segmentTerms) {
        List<Integer> starts = new ArrayList<>();
        List<Integer> ends = new ArrayList<>();
        List<Integer> numbers = new ArrayList<>();
        boolean paged = false;
        for (Anchor anchor : document.anchors()) {
            Integer page = anchor.page();
            Integer paragraph = anchor.paragraph();
            paged |= page != null;
            starts.add(anchor.start());
            ends.add(anchor.end());
            numbers.add(page != null ? page : paragraph != null ? paragraph : 0);
        }
        long terms = segmentTerms.stream().mapToLong(SegmentTerms::total).sum();
        return Sql.query(
                        connection,
                        "insert-document",
                        row -> row.getLong(1),
                        documentHash,
                        document.mediaType(),
                        document.text(),
                        document.text().length(),
                        paged,
                        IntegerArray.of(starts),
                        IntegerArray.of(ends),
                        IntegerArray.of(numbers),
                        segmentTerms.size(),
                        terms)
                .getFirst();
    }

    /**
     * Adds the segments of a document.
     *
     * @param terms of each segment
     * @return their ids, in order
     */
    public List<Long> insertSegments(
            Connection connection, long documentId, List<Segment> segments, List<SegmentTerms> terms) {
        List<@Nullable Object[]> rows = new ArrayList<>();
        for (int ordinal = 0; ordinal < segments.size(); ordinal++) {
            Segment segment = segments.get(ordinal);
            rows.add(new @Nullable Object[] {
                documentId,
                ordinal,
                segment.start(),
                segment.end(),
                segment.page(),
                segment.paragraph(),
                segment.heading(),
                segment.text(),
                terms.get(ordinal).total()
            });
            if (rows.size() == BATCH_ROWS || ordinal == segments.size() - 1) {
                Sql.batch(connection, "insert-segments", rows);
                rows.clear();
            }
        }
        return Sql.query(connection, "segment-ids", row -> row.getLong(1), documentId);
    }

    /** Adds the lexical index of segments. */
    public void insertTerms(Connection connection, List<Long> segmentIds, List<SegmentTerms> terms) {
        List<String> words = new ArrayList<>();
        List<Long> ids = new ArrayList<>();
        List<Integer> frequencies = new ArrayList<>();
        for (int index = 0; index < segmentIds.size(); index++) {
            for (Map.Entry<String, Integer> entry :
                    terms.get(index).frequencies().entrySet()) {
                words.add(entry.getKey());
                ids.add(segmentIds.get(index));
                frequencies.add(entry.getValue());
            }
            if (!words.isEmpty() && (index % BATCH_ROWS == BATCH_ROWS - 1 || index == segmentIds.size() - 1)) {
                Sql.update(connection, "insert-terms", words, ids, IntegerArray.of(frequencies));
                words.clear();
                ids.clear();
                frequencies.clear();
            }
        }
    }

    /**
     * Records an embedding model.
     *
     * @throws StoreException if it is recorded with vectors of another length
     */
    public void insertModel(Connection connection, EmbeddingSpace space) {
        Sql.update(connection, "insert-embedding-model", space.modelId(), space.dimensions());
        int recorded = Sql.query(connection, "find-embedding-model", row -> row.getInt(1), space.modelId())
                .getFirst();
        if (recorded != space.dimensions()) {
            throw new StoreException(
                    "find-embedding-model",
                    new IllegalStateException("embedding model '" + space.modelId() + "' was stored with " + recorded
                            + " dimensions and now has " + space.dimensions()
                            + "; give the new model an id of its own"));
        }
    }

    /** Adds the vectors of segments. */
    public void insertVectors(
            Connection connection, EmbeddingSpace space, List<Long> segmentIds, List<float[]> vectors) {
        List<@Nullable Object[]> rows = new ArrayList<>();
        for (int index = 0; index < segmentIds.size(); index++) {
            String literal = VectorLiteral.of(vectors.get(index), space.dimensions());
            rows.add(new @Nullable Object[] {segmentIds.get(index), space.modelId(), literal});
            if (rows.size() == BATCH_ROWS || index == segmentIds.size() - 1) {
                Sql.batch(connection, "insert-embedding", rows);
                rows.clear();
            }
        }
    }

    /** Segments of a stored document that a model has not embedded. */
    public List<UnembeddedSegment> segmentsWithoutVector(
            Connection connection, String documentHash, String embeddingModelId) {
        return Sql.query(
                connection,
                "segments-without-vector",
                row -> {
                    String heading = row.getString(2);
                    String text = row.getString(3);
                    return new UnembeddedSegment(row.getLong(1), heading == null ? text : heading + "\n" + text);
                },
                documentHash,
                embeddingModelId);
    }

    /** Puts a stored document into a vector store under a file id. */
    public void insertMembership(
            Connection connection, String vectorStoreId, String fileId, String filename, long documentId) {
        Sql.update(connection, "insert-membership", vectorStoreId, fileId, filename, documentId);
    }

    /** Hash of the document that a file is in a vector store. */
    public Optional<String> documentOf(Connection connection, String vectorStoreId, String fileId) {
        return Sql.query(connection, "find-membership", row -> row.getString(1), vectorStoreId, fileId).stream()
                .findFirst();
    }

    /** The vector stores that hold a file. */
    public List<String> storesOf(Connection connection, String fileId) {
        return Sql.query(connection, "stores-of-file", row -> row.getString(1), fileId);
    }

    /** The files of a vector store. */
    public List<String> filesOf(Connection connection, String vectorStoreId) {
        return Sql.query(connection, "files-of-store", row -> row.getString(1), vectorStoreId);
    }

    /**
     * Takes a file out of a vector store, and its document with all that belongs to it if no other file holds it.
     *
     * @return whether the file was there
     */
    public boolean remove(Connection connection, String vectorStoreId, String fileId) {
        Optional<String> documentHash = documentOf(connection, vectorStoreId, fileId);
        if (documentHash.isEmpty()) {
            return false;
        }
        lock(connection, documentHash.get());
        boolean removed = Sql.update(connection, "delete-membership", vectorStoreId, fileId) > 0;
        Sql.update(connection, "delete-unheld-document", documentHash.get());
        return removed;
    }

    /** Counts rows that belong to nothing, to prove that there are none. */
    public OrphanCount countOrphans(Connection connection) {
        return Sql.query(
                        connection,
                        "count-orphans",
                        row -> new OrphanCount(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4)))
                .getFirst();
    }
}
