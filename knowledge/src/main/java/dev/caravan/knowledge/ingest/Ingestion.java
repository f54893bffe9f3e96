package dev.caravan.knowledge.ingest;

import dev.caravan.knowledge.parse.DocumentReader;
import dev.caravan.knowledge.parse.ParsedDocument;
import dev.caravan.knowledge.split.Segment;
import dev.caravan.knowledge.split.SegmentSplitter;
import dev.caravan.knowledge.store.DocumentRepository;
import dev.caravan.knowledge.store.EmbeddingSpace;
import dev.caravan.knowledge.store.OrphanCount;
import dev.caravan.knowledge.store.SegmentTerms;
import dev.caravan.knowledge.store.StoredDocument;
import dev.caravan.knowledge.store.Transactions;
import dev.caravan.knowledge.store.UnembeddedSegment;
import dev.caravan.knowledge.text.TermAnalyzer;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts files into vector stores and takes them out again: read, split, embed, and then store everything in one
 * transaction, so that a cut at any point leaves nothing behind. A document is keyed by the hash of its bytes: the same
 * bytes are read and embedded once, whatever file ids they come under. Thread-safe.
 */
public final class Ingestion {

    private static final Logger LOG = LoggerFactory.getLogger(Ingestion.class);
    private static final int EMBEDDING_BATCH_SEGMENTS = 16;
    private static final int STORING_STEPS = 5;

    private final DocumentReader reader;
    private final SegmentSplitter splitter;
    private final EmbeddingSpace space;
    private final EmbeddingModel passages;
    private final Transactions transactions;
    private final DocumentRepository documents = new DocumentRepository();
    private final TermAnalyzer analyzer = TermAnalyzer.forSearch();

    /**
     * An ingestion.
     *
     * @param dataSource the database with the {@code knowledge_} tables
     * @param reader reads files
     * @param splitter splits their text
     * @param space names the embedding model and its dimensions
     * @param passages embeds passages
     */
    public Ingestion(
            DataSource dataSource,
            DocumentReader reader,
            SegmentSplitter splitter,
            EmbeddingSpace space,
            EmbeddingModel passages) {
        this.reader = reader;
        this.splitter = splitter;
        this.space = space;
        this.passages = passages;
        this.transactions = new Transactions(dataSource);
    }

    /**
     * Reads, splits, embeds and stores a file, in one transaction. A document that is already stored is not read
     * again, under whatever file id it comes; a repeated call changes nothing.
     *
     * @throws dev.caravan.knowledge.parse.DocumentParseException when the file cannot be read
     * @throws dev.caravan.knowledge.store.StoreException when the database fails
     */
    public IngestedDocument ingest(IngestRequest request, IngestListener listener) {
        listener.onProgress(IngestStage.PARSING, 0, 1);
        String documentHash = ContentHash.of(request.content());
        Optional<StoredDocument> known =
                transactions.run(connection -> documents.find(connection, documentHash, space.modelId()));
        Prepared prepared = known.isPresent() ? prepareStored(documentHash, listener) : prepareNew(request, listener);
        IngestedDocument ingested =
                transactions.run(connection -> store(connection, request, documentHash, prepared, listener));
        LOG.info(
                "ingestion=completed vector_store={} file={} segments={} characters={}",
                request.vectorStoreId(),
                request.fileId(),
                ingested.segments(),
                ingested.characters());
        return ingested;
    }

    private Prepared prepareNew(IngestRequest request, IngestListener listener) {
        ParsedDocument document = reader.read(request.content(), request.filename());
        listener.onProgress(IngestStage.PARSING, 1, 1);
        listener.onProgress(IngestStage.SPLITTING, 0, 1);
        List<Segment> segments = splitter.split(document);
        List<SegmentTerms> terms = new ArrayList<>();
        List<String> searchTexts = new ArrayList<>();
        for (Segment segment : segments) {
            terms.add(SegmentTerms.count(analyzer.analyze(segment.searchText())));
            searchTexts.add(segment.searchText());
        }
        listener.onProgress(IngestStage.SPLITTING, 1, 1);
        return new Prepared.New(document, segments, terms, embed(searchTexts, listener));
    }

    /** What a stored document lacks: the vectors of this embedding model, or nothing. */
    private Prepared prepareStored(String documentHash, IngestListener listener) {
        listener.onProgress(IngestStage.PARSING, 1, 1);
        List<UnembeddedSegment> missing = transactions.run(
                connection -> documents.segmentsWithoutVector(connection, documentHash, space.modelId()));
        List<Long> segmentIds =
                missing.stream().map(UnembeddedSegment::segmentId).toList();
        List<String> searchTexts =
                missing.stream().map(UnembeddedSegment::searchText).toList();
        return new Prepared.Stored(segmentIds, embed(searchTexts, listener));
    }

    private List<float[]> embed(List<String> texts, IngestListener listener) {
        List<float[]> vectors = new ArrayList<>(texts.size());
        int total = Math.max(1, texts.size());
        listener.onProgress(IngestStage.EMBEDDING, 0, total);
        for (int start = 0; start < texts.size(); start += EMBEDDING_BATCH_SEGMENTS) {
            int end = Math.min(texts.size(), start + EMBEDDING_BATCH_SEGMENTS);
            List<TextSegment> batch =
                    texts.subList(start, end).stream().map(TextSegment::from).toList();
            for (Embedding embedding : passages.embedAll(batch).content()) {
                vectors.add(embedding.vector());
            }
            listener.onProgress(IngestStage.EMBEDDING, end, total);
        }
        return vectors;
    }

    /** Runs inside the transaction. The document may have come or gone since it was looked for. */
    private IngestedDocument store(
            Connection connection,
            IngestRequest request,
            String documentHash,
            Prepared prepared,
            IngestListener listener) {
        listener.onProgress(IngestStage.STORING, 0, STORING_STEPS);
        documents.lock(connection, documentHash);
        Optional<StoredDocument> found = documents.find(connection, documentHash, space.modelId());
        if (prepared instanceof Prepared.New fresh && found.isEmpty()) {
            storeNew(connection, documentHash, fresh, listener);
        } else if (prepared instanceof Prepared.Stored stored && found.isPresent()) {
            documents.insertModel(connection, space);
            documents.insertVectors(connection, space, stored.segmentIds(), stored.vectors());
        } else if (found.isEmpty()) {
            throw new IllegalStateException(
                    "the document was removed while it was added to another vector store; " + "add it again");
        }
        StoredDocument document =
                documents.find(connection, documentHash, space.modelId()).orElseThrow();
        if (document.segmentsWithoutVector() > 0) {
            throw new IllegalStateException(
                    "the document was stored by another embedding model meanwhile; add it again");
        }
        replaceOther(connection, request, documentHash);
        documents.insertMembership(
                connection, request.vectorStoreId(), request.fileId(), request.filename(), document.documentId());
        listener.onProgress(IngestStage.STORING, STORING_STEPS, STORING_STEPS);
        return new IngestedDocument(documentHash, document.segments(), document.characters());
    }

    private void storeNew(Connection connection, String documentHash, Prepared.New fresh, IngestListener listener) {
        long documentId = documents.insert(connection, documentHash, fresh.document(), fresh.terms());
        listener.onProgress(IngestStage.STORING, 1, STORING_STEPS);
        List<Long> segmentIds = documents.insertSegments(connection, documentId, fresh.segments(), fresh.terms());
        listener.onProgress(IngestStage.STORING, 2, STORING_STEPS);
        documents.insertTerms(connection, segmentIds, fresh.terms());
        listener.onProgress(IngestStage.STORING, 3, STORING_STEPS);
        documents.insertModel(connection, space);
        documents.insertVectors(connection, space, segmentIds, fresh.vectors());
        listener.onProgress(IngestStage.STORING, 4, STORING_STEPS);
    }

    /** A file id that held other bytes before gives them up. */
    private void replaceOther(Connection connection, IngestRequest request, String documentHash) {
        Optional<String> held = documents.documentOf(connection, request.vectorStoreId(), request.fileId());
        if (held.isPresent() && !held.get().equals(documentHash)) {
            documents.remove(connection, request.vectorStoreId(), request.fileId());
        }
    }

    /**
     * Takes a file out of a vector store, and its document out of the database if nothing else holds it.
     *
     * @return whether the file was in the store
     */
    public boolean remove(String vectorStoreId, String fileId) {
        return transactions.run(connection -> documents.remove(connection, vectorStoreId, fileId));
    }

    /**
     * Takes a file out of every vector store.
     *
     * @return number of vector stores that held it
     */
    public int removeFile(String fileId) {
        return transactions.run(connection -> {
            int removed = 0;
            for (String vectorStoreId : documents.storesOf(connection, fileId)) {
                removed += documents.remove(connection, vectorStoreId, fileId) ? 1 : 0;
            }
            return removed;
        });
    }

    /**
     * Empties a vector store.
     *
     * @return number of files that it held
     */
    public int removeVectorStore(String vectorStoreId) {
        return transactions.run(connection -> {
            int removed = 0;
            for (String fileId : documents.filesOf(connection, vectorStoreId)) {
                removed += documents.remove(connection, vectorStoreId, fileId) ? 1 : 0;
            }
            return removed;
        });
    }

    /** Counts rows that belong to nothing; a removal is complete when there are none. */
    public OrphanCount countOrphans() {
        return transactions.run(documents::countOrphans);
    }

    /** What is ready to be stored. */
    private sealed interface Prepared {

        /** A document that was read just now. */
        record New(ParsedDocument document, List<Segment> segments, List<SegmentTerms> terms, List<float[]> vectors)
                implements Prepared {}

        /** Vectors that a stored document lacked. */
        record Stored(List<Long> segmentIds, List<float[]> vectors) implements Prepared {}
    }
}
