package dev.caravan.knowledge.retrieve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.knowledge.ingest.IngestRequest;
import dev.caravan.knowledge.ingest.Ingestion;
import dev.caravan.knowledge.parse.Anchor;
import dev.caravan.knowledge.parse.ParsedDocument;
import dev.caravan.knowledge.split.SegmentSplitter;
import dev.caravan.knowledge.store.EmbeddingSpace;
import dev.caravan.knowledge.store.TestDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * 40 judged questions, Korean and English, over 32 short documents. The embedding model is a stand-in without meaning,
 * so these figures are a floor that guards the lexical search, the fusion and the filters; the server's tests judge the
 * real model.
 */
class RetrievalQualityTest {

    private static final EmbeddingSpace SPACE = new EmbeddingSpace("hashed-bigrams", 384);
    private static final HashedBigramEmbeddingModel MODEL = new HashedBigramEmbeddingModel(384);

    @TempDir
    private static Path directory;

    private static HybridRetriever retriever;
    private static HybridRetriever strict;

    @BeforeAll
    static void ingestCorpus() {
        DataSource database = TestDatabase.empty();
        Ingestion ingestion = new Ingestion(
                database,
                (file, name) -> document(file),
                SegmentSplitter.withDefaults(text -> text.length() / 2),
                SPACE,
                MODEL);
        for (String[] row : rows("corpus.tsv")) {
            Path file = directory.resolve(row[0]);
            try {
                Files.writeString(file, row[1]);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            ingestion.ingest(new IngestRequest("vs_all", row[0], row[0] + ".txt", file), (stage, done, total) -> {});
        }
        retriever = new HybridRetriever(database, SPACE, MODEL, new RetrievalSettings(50, -1, 0));
        strict = new HybridRetriever(database, SPACE, MODEL, new RetrievalSettings(50, 0.45, 0.25));
    }

    @Test
    void judgedQuestionsAreAnswered() {
        int first = 0;
        int inThree = 0;
        double gain = 0;
        List<String> misses = new ArrayList<>();
        List<String[]> questions = rows("queries.tsv");
        for (String[] question : questions) {
            List<String> files = search(question[0], 10).stream()
                    .map(RetrievedSegment::fileId)
                    .distinct()
                    .toList();
            int rank = files.indexOf(question[1]);
            first += rank == 0 ? 1 : 0;
            inThree += rank >= 0 && rank < 3 ? 1 : 0;
            gain += rank >= 0 ? Math.log(2) / Math.log(rank + 2) : 0;
            if (rank != 0) {
                misses.add(question[0] + " -> " + files + ", expected " + question[1]);
            }
        }
        double count = questions.size();
        String figures = "recall@1 %.3f, recall@3 %.3f, nDCG@10 %.3f; not first: %s"
                .formatted(first / count, inThree / count, gain / count, misses);
        assertThat(first / count).as(figures).isGreaterThanOrEqualTo(0.95);
        assertThat(inThree / count).as(figures).isGreaterThanOrEqualTo(0.95);
        assertThat(gain / count).as(figures).isGreaterThanOrEqualTo(0.97);
        System.out.println("retrieval with a stand-in model: " + figures);
    }

    @Test
    void unrelatedQuestionFindsNothing() {
        for (String query : List.of("김치찌개 끓이는 법과 두부의 칼로리", "who won the football championship")) {
            assertThat(strict.search(new SearchRequest(List.of("vs_all"), query, 5)))
                    .isEmpty();
        }
        assertThat(strict.search(new SearchRequest(List.of("vs_all"), "연차휴가는 며칠인가", 5)))
                .isNotEmpty();
    }

    @Test
    void onlyTheNamedStoresAreSearched() {
        assertThat(retriever.search(new SearchRequest(List.of("vs_other"), "연차휴가", 5)))
                .isEmpty();
        assertThat(retriever.search(new SearchRequest(List.of(), "연차휴가", 5))).isEmpty();
        assertThat(retriever.search(new SearchRequest(List.of("vs_other", "vs_all"), "연차휴가", 5)))
                .isNotEmpty()
                .allSatisfy(segment -> assertThat(segment.vectorStoreId()).isEqualTo("vs_all"));
    }

    @Test
    void wholePhraseInFrontScoresOneAndRanksAreReported() {
        RetrievedSegment best = search("연차휴가는 입사 후 1년이 지나면 15일이 부여되며", 5).getFirst();
        assertThat(best.score()).isEqualTo(1.0);
        assertThat(best.denseRank()).isEqualTo(1);
        assertThat(best.lexicalRank()).isEqualTo(1);
        assertThat(best.paragraph()).isEqualTo(1);
    }

    private static List<RetrievedSegment> search(String query, int maxResults) {
        return retriever.search(new SearchRequest(List.of("vs_all"), query, maxResults));
    }

    private static ParsedDocument document(Path file) {
        try {
            String text = Files.readString(file);
            return new ParsedDocument(text, List.of(new Anchor(0, text.length(), null, 1)), "text/plain");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String[]> rows(String name) {
        try (var in = Objects.requireNonNull(RetrievalQualityTest.class.getResourceAsStream("/retrieval/" + name))) {
            return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> line.split("\t", -1))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
