package dev.caravan.knowledge.ingest;

import dev.caravan.knowledge.parse.DocumentReader;
import dev.caravan.knowledge.split.SegmentSplitter;
import dev.caravan.knowledge.store.EmbeddingSpace;
import dev.langchain4j.model.embedding.EmbeddingModel;
import javax.sql.DataSource;

/** Puts files into vector stores and takes them out again. Thread-safe. */
public final class Ingestion {

    private final DataSource dataSource;
    private final DocumentReader reader;
    private final SegmentSplitter splitter;
    private final EmbeddingSpace space;
    private final EmbeddingModel passages;

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
        this.dataSource = dataSource;
        this.reader = reader;
        this.splitter = splitter;
        this.space = space;
        this.passages = passages;
    }

    /**
     * Reads, splits, embeds and stores a file, in one transaction. A document that is already stored is not read
     * again, under whatever file id it comes.
     *
     * @throws dev.caravan.knowledge.parse.DocumentParseException when the file cannot be read
     * @throws dev.caravan.knowledge.store.StoreException when the database fails
     */
    public IngestedDocument ingest(IngestRequest request, IngestListener listener) {
        return dev.caravan.knowledge.Unfinished.body(dataSource, reader, splitter, space, passages);
    }

    /**
     * Takes a file out of a vector store, and its document out of the database if nothing else holds it.
     *
     * @return whether the file was in the store
     */
    public boolean remove(String vectorStoreId, String fileId) {
        return dev.caravan.knowledge.Unfinished.body();
    }

    /**
     * Takes a file out of every vector store.
     *
     * @return number of vector stores that held it
     */
    public int removeFile(String fileId) {
        return dev.caravan.knowledge.Unfinished.body();
    }

    /**
     * Empties a vector store.
     *
     * @return number of files that it held
     */
    public int removeVectorStore(String vectorStoreId) {
        return dev.caravan.knowledge.Unfinished.body();
    }
}
