package dev.caravan.knowledge.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.knowledge.store.SegmentSearch.DenseHit;
import dev.caravan.knowledge.store.SegmentSearch.LexicalHit;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The two searches against brute force over generated segments, and their plans. */
class SegmentSearchTest {

    private static final EmbeddingSpace SPACE = new EmbeddingSpace("generated", 384);
    private static final int SEGMENTS = 2_000;
    private static final List<String> STORES = List.of("vs_even");

    private static Transactions transactions;
    private final SegmentSearch search = new SegmentSearch(SEGMENTS - 1);

    /** Two documents, one per vector store, with clustered vectors and terms of falling frequency. */
    @BeforeAll
    static void generate() {
        transactions = new Transactions(TestDatabase.empty());
        TestDatabase.execute("SELECT setseed(0.42)");
        TestDatabase.execute("INSERT INTO knowledge_embedding_model VALUES ('generated', 384)");
        TestDatabase.execute("""
                INSERT INTO knowledge_document (document_hash, media_type, content, content_length, paged, anchor_starts,
                                                anchor_ends, anchor_numbers, segment_count, term_count)
                SELECT hash, 'text/plain', 'x', 1, false, '{}', '{}', '{}', %1$d, %1$d * 10
                FROM unnest(ARRAY['even', 'odd']) hash;
                INSERT INTO knowledge_membership (vector_store_id, file_id, filename, document_id)
                SELECT 'vs_' || document_hash, 'file-' || document_hash, document_hash || '.txt', document_id
                FROM knowledge_document;
                INSERT INTO knowledge_segment (document_id, ordinal, start_offset, end_offset, paragraph, content,
                                               term_count)
                SELECT document_id, n, 0, 1, 1, 'x', 5 + n %% 11 FROM knowledge_document, generate_series(1, %1$d) n;
                INSERT INTO knowledge_term (term, segment_id, frequency)
                SELECT 'term' || k, segment_id, 1 + (ordinal * k) %% 3
                FROM knowledge_segment, generate_series(1, 6) k WHERE ordinal %% (k * k * 3) = 0;
                INSERT INTO knowledge_embedding (segment_id, model_id, embedding)
                SELECT segment_id, 'generated',
                       (SELECT array_agg(cos(d * (1 + ordinal %% 20)) + wave ORDER BY d)
                        FROM generate_series(1, 384) d
                        CROSS JOIN LATERAL (
                            SELECT sum(hashint4((segment_id * 8 + j)::int) / 2147483648.0 * cos(d * j * 0.7 + j)) AS wave
                            FROM generate_series(1, 5) j) waves)::halfvec
                FROM knowledge_segment;
                ANALYZE
                """.formatted(SEGMENTS));
    }

    @Test
    void indexedSearchFindsWhatTheExactSearchFindsInItsStores() {
        List<Long> even = transactions.run(connection -> Sql.query(
                connection,
                "segment-ids",
                row -> row.getLong(1),
                Sql.query(connection, "find-document", row -> row.getLong(1), "generated", "even")
                        .getFirst()));
        Set<Long> inStore = new HashSet<>(even);
        int found = 0;
        int expected = 0;
        SplittableRandom random = new SplittableRandom(11);
        for (int round = 0; round < 10; round++) {
            double[] coefficients = random.doubles(5, -1, 1).toArray();
            float[] query = new float[384];
            for (int index = 0; index < query.length; index++) {
                query[index] = (float) (Math.cos((index + 1.0) * (1 + round * 2)) + wave(coefficients, index + 1));
            }
            String literal = VectorLiteral.of(query, 384);
            List<Double> exact = transactions.run(connection -> Sql.query(
                    connection, "search-dense-exact", row -> row.getDouble(2), STORES, literal, "generated", 10));
            List<DenseHit> indexed = transactions.run(connection -> search.dense(connection, STORES, SPACE, query, 10));
            assertThat(indexed).hasSize(10);
            assertThat(indexed).allSatisfy(hit -> assertThat(inStore).contains(hit.segmentId()));
            assertThat(indexed).isSortedAccordingTo((a, b) -> Double.compare(b.similarity(), a.similarity()));
            expected += 10;
            // Judged by similarity, not by id: the vectors are rounded to 16 bits, which makes ties.
            double tenth = exact.getLast() - 0.001;
            found += (int)
                    indexed.stream().filter(hit -> hit.similarity() >= tenth).count();
        }
        assertThat((double) found / expected).as("recall@10 of the HNSW index").isGreaterThanOrEqualTo(0.9);
    }

    /** What the generated vectors vary by inside a cluster: a point in five dimensions. */
    private static double wave(double[] coefficients, int dimension) {
        double wave = 0;
        for (int j = 1; j <= coefficients.length; j++) {
            wave += coefficients[j - 1] * Math.cos(dimension * j * 0.7 + j);
        }
        return wave;
    }

    @Test
    void manySegmentsAreSearchedByTheIndexAndFewAreNot() {
        String literal = VectorLiteral.of(new float[384], 384).replaceFirst("0.0", "1.0");
        String indexed = plan("search-dense-384", literal, SPACE.modelId(), STORES, literal, 10);
        String exact = plan("search-dense-exact", STORES, literal, SPACE.modelId(), 10);
        assertThat(indexed).contains("knowledge_embedding_384");
        assertThat(exact).doesNotContain("knowledge_embedding_384");
    }

    @Test
    void lexicalScoreIsBm25OverTheSearchedStore() {
        List<String> terms = List.of("term1", "term4", "missing");
        List<LexicalHit> hits = transactions.run(connection -> search.lexical(connection, STORES, terms, 20));

        Map<String, Double> rarity = new HashMap<>();
        for (String term : terms) {
            int square = term.equals("missing") ? 0 : term.equals("term1") ? 3 : 48;
            double holding = square == 0 ? 0 : Math.floorDiv(SEGMENTS, square);
            rarity.put(term, Math.log(1 + (SEGMENTS - holding + 0.5) / (holding + 0.5)));
        }
        List<Double> expected = new ArrayList<>();
        for (int ordinal = 1; ordinal <= SEGMENTS; ordinal++) {
            double score = 0;
            for (int k : new int[] {1, 4}) {
                if (ordinal % (k * k * 3) == 0) {
                    double frequency = 1 + (ordinal * k) % 3;
                    double length = 5 + ordinal % 11;
                    score += rarity.getOrDefault("term" + k, Double.NaN)
                            * frequency
                            * 2.2
                            / (frequency + 1.2 * (0.25 + 0.75 * length / 10));
                }
            }
            expected.add(score);
        }
        expected.sort((a, b) -> Double.compare(b, a));
        for (int index = 0; index < hits.size(); index++) {
            assertThat(hits.get(index).score())
                    .isCloseTo(expected.get(index), org.assertj.core.data.Offset.offset(1e-6));
        }
        double all = rarity.values().stream().mapToDouble(Double::doubleValue).sum();
        assertThat(hits.getFirst().coverage())
                .isCloseTo(
                        (rarity.getOrDefault("term1", Double.NaN) + rarity.getOrDefault("term4", Double.NaN)) / all,
                        org.assertj.core.data.Offset.offset(1e-6));
    }

    private static String plan(String statement, Object... parameters) {
        return transactions.run(connection -> {
            try (InputStream in = SegmentSearchTest.class.getResourceAsStream("/sql/knowledge/" + statement + ".sql");
                    PreparedStatement explain = connection.prepareStatement("EXPLAIN\n"
                            + new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8))) {
                for (int index = 0; index < parameters.length; index++) {
                    Object value = parameters[index];
                    explain.setObject(
                            index + 1,
                            value instanceof List<?> list ? connection.createArrayOf("text", list.toArray()) : value);
                }
                StringBuilder plan = new StringBuilder();
                try (ResultSet rows = explain.executeQuery()) {
                    while (rows.next()) {
                        plan.append(rows.getString(1)).append('\n');
                    }
                }
                return plan.toString();
            } catch (IOException | SQLException e) {
                throw new AssertionError(e);
            }
        });
    }
}
