package dev.caravan.knowledge.retrieve;

import dev.caravan.knowledge.parse.Anchor;
import dev.caravan.knowledge.store.DocumentTexts;
import dev.caravan.knowledge.store.EmbeddingSpace;
import dev.caravan.knowledge.store.SegmentSearch;
import dev.caravan.knowledge.store.SegmentSearch.DenseHit;
import dev.caravan.knowledge.store.SegmentSearch.LexicalHit;
import dev.caravan.knowledge.store.Transactions;
import dev.caravan.knowledge.text.Term;
import dev.caravan.knowledge.text.TermAnalyzer;
import dev.langchain4j.model.embedding.EmbeddingModel;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Dense and lexical search, joined by reciprocal rank fusion (Cormack, Clarke, Büttcher 2009, k = 60). What neither
 * search finds relevant is left out, so that an empty result means that the documents do not answer. Thread-safe.
 */
public final class HybridRetriever {

    private static final double FUSION_K = 60;
    /** A question that names a code such as KT-2024-017 means that code; vectors hardly tell codes apart. */
    private static final double LEXICAL_WEIGHT_OF_IDENTIFIERS = 2;

    private static final int MAXIMUM_QUERY_TERMS = 64;

    private final Transactions transactions;
    private final DocumentTexts texts;
    private final EmbeddingSpace space;
    private final EmbeddingModel queries;
    private final RetrievalSettings settings;
    private final SegmentSearch segments = new SegmentSearch();
    private final TermAnalyzer analyzer = TermAnalyzer.forSearch();

    /**
     * A retriever.
     *
     * @param dataSource the database with the {@code knowledge_} tables
     * @param space the embedding space that the documents were ingested with
     * @param queries embeds queries
     */
    public HybridRetriever(
            DataSource dataSource, EmbeddingSpace space, EmbeddingModel queries, RetrievalSettings settings) {
        this.transactions = new Transactions(dataSource);
        this.texts = new DocumentTexts(dataSource);
        this.space = space;
        this.queries = queries;
        this.settings = settings;
    }

    /** The relevant segments, best first. */
    public List<RetrievedSegment> search(SearchRequest request) {
        if (request.vectorStoreIds().isEmpty() || request.query().isBlank()) {
            return List.of();
        }
        float[] vector = queries.embed(request.query()).content().vector();
        List<Term> terms = analyzer.analyze(request.query()).stream()
                .distinct()
                .limit(MAXIMUM_QUERY_TERMS)
                .toList();
        return transactions.run(connection -> search(connection, request, vector, terms));
    }

    /** The page or paragraph at a place of a document. */
    public Optional<Anchor> anchorAt(String documentHash, int position) {
        return texts.anchorAt(documentHash, position);
    }

    private List<RetrievedSegment> search(
            Connection connection, SearchRequest request, float[] vector, List<Term> terms) {
        List<DenseHit> dense =
                segments.dense(connection, request.vectorStoreIds(), space, vector, settings.candidates());
        List<String> words = terms.stream().map(Term::text).distinct().toList();
        List<LexicalHit> lexical = segments.lexical(connection, request.vectorStoreIds(), words, settings.candidates());
        boolean identifiers = terms.stream().anyMatch(term -> term.kind() == Term.Kind.IDENTIFIER);
        double lexicalWeight = identifiers ? LEXICAL_WEIGHT_OF_IDENTIFIERS : 1;
        List<Candidate> best = fuse(dense, lexical, lexicalWeight).stream()
                .filter(candidate -> candidate.isRelevant(settings))
                .sorted(Comparator.comparingDouble(Candidate::score)
                        .thenComparingDouble(Candidate::coverage)
                        .reversed()
                        .thenComparing(Candidate::segmentId))
                .limit(request.maxResults())
                .toList();
        Map<Long, SegmentSearch.Row> rows = new HashMap<>();
        List<Long> ids = best.stream().map(Candidate::segmentId).toList();
        for (SegmentSearch.Row row : segments.byId(connection, request.vectorStoreIds(), ids)) {
            rows.put(row.segmentId(), row);
        }
        List<RetrievedSegment> found = new ArrayList<>();
        for (Candidate candidate : best) {
            SegmentSearch.Row row = rows.get(candidate.segmentId());
            if (row != null) {
                found.add(segment(row, candidate));
            }
        }
        return found;
    }

    /** Every candidate with its fused score; 1 is first in both searches. */
    private static List<Candidate> fuse(List<DenseHit> dense, List<LexicalHit> lexical, double lexicalWeight) {
        double best = (1 + lexicalWeight) / (FUSION_K + 1);
        Map<Long, Candidate> candidates = new LinkedHashMap<>();
        for (int index = 0; index < dense.size(); index++) {
            DenseHit hit = dense.get(index);
            double share = 1 / (FUSION_K + index + 1) / best;
            candidates.put(
                    hit.segmentId(), new Candidate(hit.segmentId(), share, index + 1, hit.similarity(), null, 0));
        }
        for (int index = 0; index < lexical.size(); index++) {
            LexicalHit hit = lexical.get(index);
            double share = lexicalWeight / (FUSION_K + index + 1) / best;
            int rank = index + 1;
            Candidate known = candidates.get(hit.segmentId());
            candidates.put(
                    hit.segmentId(),
                    known == null
                            ? new Candidate(hit.segmentId(), share, null, -1, rank, hit.coverage())
                            : known.withLexical(share, rank, hit.coverage()));
        }
        return List.copyOf(candidates.values());
    }

    private static RetrievedSegment segment(SegmentSearch.Row row, Candidate candidate) {
        return new RetrievedSegment(
                row.segmentId(),
                row.vectorStoreId(),
                row.fileId(),
                row.filename(),
                row.documentHash(),
                row.start(),
                row.end(),
                row.text(),
                row.page(),
                row.paragraph(),
                Math.min(1, candidate.score()),
                candidate.denseRank(),
                candidate.lexicalRank());
    }

    /** A segment with what the two searches say of it. */
    private record Candidate(
            Long segmentId,
            double score,
            @Nullable Integer denseRank,
            double similarity,
            @Nullable Integer lexicalRank,
            double coverage) {

        Candidate withLexical(double share, int rank, double termCoverage) {
            return new Candidate(segmentId, score + share, denseRank, similarity, rank, termCoverage);
        }

        boolean isRelevant(RetrievalSettings settings) {
            return similarity >= settings.minimumSimilarity() || coverage >= settings.minimumTermCoverage();
        }
    }
}
