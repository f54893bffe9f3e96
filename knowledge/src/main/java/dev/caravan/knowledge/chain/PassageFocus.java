package dev.caravan.knowledge.chain;

import dev.caravan.knowledge.retrieve.RetrievedSegment;
import dev.caravan.knowledge.text.Sentences;
import dev.caravan.knowledge.text.Span;
import dev.caravan.knowledge.text.Term;
import dev.caravan.knowledge.text.TermAnalyzer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The few sentences of the retrieved passages that say most about a question. A base model of some hundred million
 * parameters loses the thread in whole passages and finds the answer in five sentences; larger models get the passages
 * whole. Thread-safe.
 */
final class PassageFocus {

    /** A shorter line without a full stop is a heading: it is joined to what follows it. */
    private static final int HEADING_CHARACTERS = 15;

    private static final int SENTENCE_CHARACTERS_MAX = 240;

    /** How much the rank of a passage counts against the words of its sentences. */
    private static final double RANK_DECAY = 0.25;

    private final TermAnalyzer analyzer;

    PassageFocus(TermAnalyzer analyzer) {
        this.analyzer = analyzer;
    }

    /**
     * At most so many sentences, in the order of the passages, each on one line.
     *
     * @param segments best first
     */
    List<String> sentences(String question, List<RetrievedSegment> segments, int limit) {
        List<Candidate> candidates = candidates(segments);
        Map<Term, Integer> frequencies = new HashMap<>();
        candidates.forEach(candidate -> candidate.terms.forEach(term -> frequencies.merge(term, 1, Integer::sum)));
        Set<Term> asked = new HashSet<>(analyzer.analyze(question));
        Comparator<Candidate> best =
                Comparator.comparingDouble(candidate -> -score(candidate, asked, frequencies, candidates.size()));
        Set<String> lines = new LinkedHashSet<>();
        candidates.stream()
                .sorted(best)
                .limit(limit)
                .sorted(Comparator.comparingInt(Candidate::position))
                .forEach(candidate -> lines.add(candidate.line));
        return List.copyOf(lines);
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

    /** The rarity of the question's terms that the sentence holds; a long sentence holds more by chance. */
    private static double score(Candidate candidate, Set<Term> asked, Map<Term, Integer> frequencies, int count) {
        double rarity = 0;
        for (Term term : asked) {
            if (candidate.terms.contains(term)) {
                int frequency = frequencies.getOrDefault(term, 0);
                rarity += Math.log(1 + (count - frequency + 0.5) / (frequency + 0.5));
            }
        }
        return rarity / (1 + 0.2 * Math.log(1 + candidate.line.length())) / (1 + RANK_DECAY * candidate.rank);
    }
}
