package dev.caravan.knowledge.chain;

import dev.caravan.knowledge.retrieve.RetrievedSegment;
import dev.caravan.knowledge.text.Sentences;
import dev.caravan.knowledge.text.Span;
import dev.caravan.knowledge.text.Term;
import dev.caravan.knowledge.text.TermAnalyzer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.DoubleStream;

/**
 * The few sentences of the retrieved passages that say most about a question. A base model of some hundred million
 * parameters loses the thread in whole passages and finds the answer in a few sentences; larger models get the passages
 * whole. Thread-safe.
 */
final class PassageFocus {

    /** A shorter line without a full stop is a heading: it is joined to what follows it. */
    private static final int HEADING_CHARACTERS = 15;

    private static final int SENTENCE_CHARACTERS_MAX = 240;

    /** How much the rank of a passage counts against its sentences. */
    private static final double RANK_DECAY = 0.1;
    /** Of reciprocal rank fusion; small, because the lists are short. */
    private static final double FUSION_RANK = 5;

    private final TermAnalyzer analyzer;
    private final SentenceSimilarity similarity;

    PassageFocus(TermAnalyzer analyzer, SentenceSimilarity similarity) {
        this.analyzer = analyzer;
        this.similarity = similarity;
    }

    /**
     * At most so many sentences, each on one line, the best last: nearest to the question, where it counts most.
     *
     * @param segments best first
     */
    List<String> sentences(String question, List<RetrievedSegment> segments, int limit) {
        List<Candidate> candidates = candidates(segments);
        double[] fused = fused(
                ranks(rarities(question, candidates)),
                ranks(similarity.of(
                        question, candidates.stream().map(Candidate::line).toList())),
                candidates);
        Set<String> lines = new LinkedHashSet<>();
        candidates.stream()
                .sorted(Comparator.comparingDouble(candidate -> -fused[candidate.position]))
                .limit(limit)
                .forEach(candidate -> lines.add(candidate.line));
        return List.copyOf(lines).reversed();
    }

    private record Candidate(int position, int rank, String line, Set<Term> terms) {}

    private List<Candidate> candidates(List<RetrievedSegment> segments) {
        List<Candidate> candidates = new ArrayList<>();
        for (int rank = 0; rank < segments.size(); rank++) {
            for (String line : lines(segments.get(rank).text())) {
                candidates.add(new Candidate(candidates.size(), rank, line, new HashSet<>(analyzer.analyze(line))));
            }
        }
        return candidates;
    }

    private static List<String> lines(String text) {
        List<String> lines = new ArrayList<>();
        String heading = "";
        for (Span span : Sentences.of(text)) {
            String line = (heading + span.of(text)).replaceAll("\\s+", " ");
            boolean isHeading = line.length() < HEADING_CHARACTERS && ".!?".indexOf(line.charAt(line.length() - 1)) < 0;
            heading = isHeading ? line + " " : "";
            if (!isHeading) {
                lines.add(line.substring(0, Math.min(line.length(), SENTENCE_CHARACTERS_MAX)));
            }
        }
        if (!heading.isBlank()) {
            lines.add(heading.strip());
        }
        return lines;
    }

    private static double[] fused(int[] lexical, int[] dense, List<Candidate> candidates) {
        double[] fused = new double[candidates.size()];
        for (Candidate candidate : candidates) {
            int at = candidate.position;
            fused[at] = (1 / (FUSION_RANK + lexical[at]) + 1 / (FUSION_RANK + dense[at]))
                    / (1 + RANK_DECAY * candidate.rank);
        }
        return fused;
    }

    /** The rank of each score, 1 for the highest; equal scores share a rank. */
    private static int[] ranks(double[] scores) {
        double[] falling =
                DoubleStream.of(scores).map(score -> -score).distinct().sorted().toArray();
        return DoubleStream.of(scores)
                .mapToInt(score -> Arrays.binarySearch(falling, -score) + 1)
                .toArray();
    }

    /** The rarity of the question's terms that each sentence holds; a long sentence holds more by chance. */
    private double[] rarities(String question, List<Candidate> candidates) {
        Map<Term, Integer> frequencies = new HashMap<>();
        candidates.forEach(candidate -> candidate.terms.forEach(term -> frequencies.merge(term, 1, Integer::sum)));
        Set<Term> asked = new HashSet<>(analyzer.analyze(question));
        double[] rarities = new double[candidates.size()];
        for (Candidate candidate : candidates) {
            for (Term term : asked) {
                int frequency = frequencies.getOrDefault(term, 0);
                rarities[candidate.position] += candidate.terms.contains(term)
                        ? Math.log(1 + (candidates.size() - frequency + 0.5) / (frequency + 0.5))
                        : 0;
            }
            rarities[candidate.position] /= 1 + 0.2 * Math.log(1 + candidate.line.length());
        }
        return rarities;
    }
}
