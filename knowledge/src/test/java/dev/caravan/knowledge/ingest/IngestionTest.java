package dev.caravan.knowledge.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.knowledge.parse.Anchor;
import dev.caravan.knowledge.parse.DocumentParseException;
import dev.caravan.knowledge.parse.DocumentReader;
import dev.caravan.knowledge.parse.ParsedDocument;
import dev.caravan.knowledge.retrieve.HashedBigramEmbeddingModel;
import dev.caravan.knowledge.retrieve.HybridRetriever;
import dev.caravan.knowledge.retrieve.RetrievalSettings;
import dev.caravan.knowledge.retrieve.RetrievedSegment;
import dev.caravan.knowledge.retrieve.SearchRequest;
import dev.caravan.knowledge.split.SegmentSplitter;
import dev.caravan.knowledge.store.DocumentTexts;
import dev.caravan.knowledge.store.EmbeddingSpace;
import dev.caravan.knowledge.store.OrphanCount;
import dev.caravan.knowledge.store.StoreException;
import dev.caravan.knowledge.store.TestDatabase;
import dev.caravan.knowledge.store.TextWindow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A document is stored whole or not at all, once per content, and leaves nothing when it goes. */
class IngestionTest {

    private static final EmbeddingSpace SPACE = new EmbeddingSpace("hashed-bigrams", 384);
    private static final IngestListener SILENT = (stage, done, total) -> {};

    @TempDir
    private Path directory;

    private final AtomicInteger reads = new AtomicInteger();
    private DataSource database;
    private Ingestion ingestion;
    private HybridRetriever retriever;

    @BeforeEach
    void prepare() {
        database = TestDatabase.empty();
        ingestion = ingestion(SPACE);
        retriever = new HybridRetriever(
                database, SPACE, new HashedBigramEmbeddingModel(384), new RetrievalSettings(50, 0.3, 0.3));
    }

    @Test
    void ingestedDocumentIsFoundAndItsSpansResolve() {
        String text = longText();
        IngestedDocument stored = ingestion.ingest(request("vs_1", "file-1", text), SILENT);
        assertThat(stored.segments()).isGreaterThan(10);
        assertThat(stored.characters()).isEqualTo(text.length());
        for (RetrievedSegment found : search("vs_1", "제7조의 휴가 일수")) {
            assertThat(text.substring(found.start(), found.end())).isEqualTo(found.text());
            TextWindow window = new DocumentTexts(database)
                    .window(found.documentHash(), found.start(), found.end(), 30)
                    .orElseThrow();
            assertThat(window.text()).contains(found.text());
            assertThat(text.substring(
                            window.offset(), window.offset() + window.text().length()))
                    .isEqualTo(window.text());
            assertThat(window.length()).isEqualTo(text.length());
            assertThat(window.anchors()).isNotEmpty();
            assertThat(window.filename()).isEqualTo("file-1.txt");
        }
        assertThat(new DocumentTexts(database).window("0".repeat(64), 0, 1, 1)).isEmpty();
    }

    @Test
    void progressPassesEveryStage() {
        List<String> stages = new ArrayList<>();
        ingestion.ingest(request("vs_1", "file-1", longText()), (stage, done, total) -> {
            assertThat(done).isBetween(0, total);
            if (stages.isEmpty() || !stages.getLast().equals(stage.wireName())) {
                stages.add(stage.wireName());
            }
        });
        assertThat(stages).containsExactly("parsing", "splitting", "embedding", "storing");
    }

    @Test
    void sameBytesAreReadOnceWhateverTheFileId() {
        ingestion.ingest(request("vs_1", "file-1", longText()), SILENT);
        ingestion.ingest(request("vs_1", "file-1", longText()), SILENT);
        ingestion.ingest(request("vs_1", "file-2", longText()), SILENT);
        ingestion.ingest(request("vs_2", "file-3", longText()), SILENT);
        assertThat(reads).hasValue(1);
        assertThat(count("knowledge_document")).isEqualTo(1);
        assertThat(count("knowledge_membership")).isEqualTo(3);
        // Found once, although two files of the store hold it.
        assertThat(search("vs_1", "제7조의 휴가 일수"))
                .extracting(RetrievedSegment::segmentId)
                .doesNotHaveDuplicates();
    }

    @Test
    void cutAtAnyPointLeavesNothing() {
        List<String> points = new ArrayList<>();
        ingestion.ingest(request("vs_1", "file-1", longText()), (stage, done, total) -> points.add(stage + " " + done));
        ingestion.removeFile("file-1");
        assertThat(points).hasSizeGreaterThan(10);
        for (int cut = 0; cut < points.size(); cut++) {
            int stopAt = cut;
            AtomicInteger calls = new AtomicInteger();
            assertThatThrownBy(() -> ingestion.ingest(request("vs_1", "file-1", longText()), (stage, done, total) -> {
                        if (calls.getAndIncrement() == stopAt) {
                            throw new CutException();
                        }
                    }))
                    .as("cut at %s", points.get(cut))
                    .isInstanceOf(CutException.class);
            assertEmpty();
        }
        assertThat(ingestion
                        .ingest(request("vs_1", "file-1", longText()), SILENT)
                        .segments())
                .isPositive();
    }

    @Test
    void removalLeavesNoOrphansAndNothingIsFound() {
        ingestion.ingest(request("vs_1", "file-1", longText()), SILENT);
        ingestion.ingest(request("vs_2", "file-1", longText()), SILENT);
        ingestion.ingest(request("vs_1", "file-2", "다른 문서는 남는다. 주차장은 지하에 있다."), SILENT);
        assertThat(ingestion.remove("vs_1", "file-1")).isTrue();
        assertThat(ingestion.remove("vs_1", "file-1")).isFalse();
        assertThat(search("vs_2", "제7조의 휴가 일수")).isNotEmpty();
        assertThat(ingestion.removeFile("file-1")).isEqualTo(1);
        assertThat(search("vs_2", "제7조의 휴가 일수")).isEmpty();
        assertThat(ingestion.countOrphans()).isEqualTo(new OrphanCount(0, 0, 0, 0));
        assertThat(count("knowledge_document")).isEqualTo(1);
        assertThat(ingestion.removeVectorStore("vs_1")).isEqualTo(1);
        assertEmpty();
    }

    @Test
    void orphansAreCountedWhereThereAreAny() {
        ingestion.ingest(request("vs_1", "file-1", longText()), SILENT);
        TestDatabase.execute("DELETE FROM knowledge_membership");
        assertThat(ingestion.countOrphans().documents()).isEqualTo(1);
        assertThat(ingestion.countOrphans().isZero()).isFalse();
    }

    @Test
    void fileIdWithOtherBytesReplacesTheOldDocument() {
        ingestion.ingest(request("vs_1", "file-1", "옛 문서이다."), SILENT);
        ingestion.ingest(request("vs_1", "file-1", "새 문서이다."), SILENT);
        assertThat(count("knowledge_document")).isEqualTo(1);
        assertThat(search("vs_1", "새 문서")).extracting(RetrievedSegment::text).containsExactly("새 문서이다.");
    }

    @Test
    void secondEmbeddingModelEmbedsStoredSegmentsWithoutReadingAgain() {
        ingestion.ingest(request("vs_1", "file-1", longText()), SILENT);
        EmbeddingSpace other = new EmbeddingSpace("hashed-64", 64);
        ingestion(other).ingest(request("vs_1", "file-1", longText()), SILENT);
        assertThat(reads).hasValue(1);
        assertThat(count("knowledge_embedding")).isEqualTo(2 * count("knowledge_segment"));
        HybridRetriever second = new HybridRetriever(
                database, other, new HashedBigramEmbeddingModel(64), new RetrievalSettings(50, 0.3, 0.3));
        assertThat(second.search(new SearchRequest(List.of("vs_1"), "제7조의 휴가", 3)))
                .allSatisfy(segment -> assertThat(segment.denseRank()).isNotNull());
    }

    @Test
    void modelIdWithOtherDimensionsIsRefused() {
        ingestion.ingest(request("vs_1", "file-1", "한 문서이다."), SILENT);
        Ingestion changed = ingestion(new EmbeddingSpace(SPACE.modelId(), 64));
        assertThatThrownBy(() -> changed.ingest(request("vs_1", "file-2", "다른 문서이다."), SILENT))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("384");
        assertThat(count("knowledge_document")).isEqualTo(1);
    }

    @Test
    void unreadableFileStoresNothing() {
        Ingestion failing = new Ingestion(
                database,
                (file, name) -> {
                    throw new DocumentParseException(DocumentParseException.Code.BROKEN, "The file is damaged.");
                },
                SegmentSplitter.withDefaults(String::length),
                SPACE,
                new HashedBigramEmbeddingModel(384));
        assertThatThrownBy(() -> failing.ingest(request("vs_1", "file-1", "x"), SILENT))
                .isInstanceOf(DocumentParseException.class);
        assertEmpty();
    }

    @Test
    void manyThreadsWithOneDocumentStoreItOnce() throws InterruptedException {
        List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        for (int index = 0; index < 6; index++) {
            String fileId = "file-" + index;
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    ingestion.ingest(request("vs_1", fileId, longText()), SILENT);
                } catch (RuntimeException e) {
                    failures.add(e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
        assertThat(count("knowledge_document")).isEqualTo(1);
        assertThat(count("knowledge_membership")).isEqualTo(6);
    }

    private Ingestion ingestion(EmbeddingSpace space) {
        DocumentReader reader = (file, name) -> {
            reads.incrementAndGet();
            try {
                String text = Files.readString(file);
                return new ParsedDocument(text, List.of(new Anchor(0, text.length(), null, 1)), "text/plain");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
        return new Ingestion(
                database,
                reader,
                new SegmentSplitter(text -> text.length() / 2, 40, 10),
                space,
                new HashedBigramEmbeddingModel(space.dimensions()));
    }

    private IngestRequest request(String vectorStoreId, String fileId, String text) {
        try {
            Path file = Files.writeString(directory.resolve(fileId), text);
            return new IngestRequest(vectorStoreId, fileId, fileId + ".txt", file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String longText() {
        StringBuilder text = new StringBuilder();
        for (int article = 1; article <= 20; article++) {
            text.append("제")
                    .append(article)
                    .append("조 (휴가 일수 ")
                    .append(article)
                    .append(")\n이 조에 따른 휴가는 ")
                    .append(article * 3)
                    .append("일이며 부서장의 승인을 받아 나누어 쓸 수 있다. 😀 남은 휴가는 이월하지 않는다.\n\n");
        }
        return text.toString();
    }

    private List<RetrievedSegment> search(String vectorStoreId, String query) {
        return retriever.search(new SearchRequest(List.of(vectorStoreId), query, 5));
    }

    private void assertEmpty() {
        for (String table : List.of(
                "knowledge_document",
                "knowledge_membership",
                "knowledge_segment",
                "knowledge_embedding",
                "knowledge_term")) {
            assertThat(count(table)).as(table).isZero();
        }
    }

    private long count(String table) {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT count(*) FROM " + table)) {
            rows.next();
            return rows.getLong(1);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** What a cut throws. */
    private static final class CutException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}
