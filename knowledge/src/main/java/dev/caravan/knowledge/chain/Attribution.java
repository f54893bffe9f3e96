package dev.caravan.knowledge.chain;

import dev.caravan.knowledge.text.Sentences;
import dev.caravan.knowledge.text.Span;
import dev.caravan.knowledge.text.Statement;
import dev.caravan.knowledge.text.Term;
import dev.caravan.knowledge.text.TermAnalyzer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides which passage, if any, supports a sentence of an answer. The rule:
 *
 * <ul>
 *   <li>A window is one sentence of a passage, or two neighbouring ones.
 *   <li>Every number and identifier of the answer's sentence must stand in the window.
 *   <li>No term that both hold may be denied by one of them only (이월된다, 이월되지 않는다).
 *   <li>Of all its terms (stems of nouns and verbs, numbers, identifiers), at least the share {@value #COVERAGE_MIN} must.
 *   <li>A sentence of fewer than {@value #TERMS_MIN} terms says too little by itself: half of the question's terms must
 *       stand in the window as well.
 *   <li>A question supports nothing and is supported by nothing.
 * </ul>
 *
 * The window with the largest share wins; of equals the shorter one, then the one that the model itself marked, then the
 * passage that was found first. Precision and recall of the rule: {@code docs/explanation/citations.md}. Thread-safe.
 */
final class Attribution {

    static final double COVERAGE_MIN = 0.6;
    static final int TERMS_MIN = 3;
    private static final double QUESTION_COVERAGE_MIN = 0.5;
    /** Less than the weight of one term in the longest sentence that is likely. */
    private static final double PREFERENCE = 0.001;

    private final TermAnalyzer analyzer;
    private final double minimumCoverage;

    Attribution(TermAnalyzer analyzer) {
        this(analyzer, COVERAGE_MIN);
    }

    /** With another share than {@value #COVERAGE_MIN}, to measure what it does. */
    Attribution(TermAnalyzer analyzer, double minimumCoverage) {
        this.analyzer = analyzer;
        this.minimumCoverage = minimumCoverage;
    }

    /**
     * What supports a sentence.
     *
     * @param passage index of the passage in the list, from 0
     * @param quote the window's span in the passage
     */
    record Support(int passage, Span quote) {}

    /**
     * The best support of a sentence of an answer.
     *
     * @param hints indices of passages that the model marked itself
     */
    Optional<Support> support(String sentence, String question, List<String> passages, Set<Integer> hints) {
        Statement said = analyzer.statement(sentence);
        int saidTerms = said.terms().size();
        if (saidTerms == 0 || sentence.strip().endsWith("?")) {
            return Optional.empty();
        }
        Set<Term> context = saidTerms < TERMS_MIN ? new HashSet<>(analyzer.analyze(question)) : Set.of();
        Support best = null;
        double bestScore = 0;
        for (int passage = 0; passage < passages.size(); passage++) {
            for (Window window : windows(passages.get(passage))) {
                double share = score(said, context, window);
                double hint = hints.contains(passage) ? PREFERENCE / 2 : 0;
                // A mark of the model's own is no support; it only chooses among what supports.
                double score = share == 0 ? 0 : share - PREFERENCE * window.extraSentences + hint;
                if (score > bestScore) {
                    bestScore = score;
                    best = new Support(passage, window.span);
                }
            }
        }
        return Optional.ofNullable(best);
    }

    private record Window(Span span, Statement statement, int extraSentences) {}

    private List<Window> windows(String passage) {
        List<Window> windows = new ArrayList<>();
        Window previous = null;
        for (Span span : Sentences.of(passage)) {
            Window window = new Window(span, analyzer.statement(span.of(passage)), 0);
            windows.add(window);
            if (previous != null) {
                Span both = new Span(previous.span.start(), span.end());
                windows.add(new Window(both, previous.statement.and(window.statement), 1));
            }
            previous = window;
        }
        return windows;
    }

    /** The share of the sentence's terms that the window holds, or 0 if it does not support it. */
    private double score(Statement said, Set<Term> context, Window window) {
        Set<Term> saidTerms = said.terms();
        Set<Term> held = window.statement.terms();
        boolean holdsExactTerms = saidTerms.stream().filter(Term::isExact).allMatch(held::contains);
        double coverage = coverage(saidTerms, held);
        boolean holdsContext = context.isEmpty() || coverage(context, held) >= QUESTION_COVERAGE_MIN;
        boolean isSupported =
                holdsExactTerms && holdsContext && coverage >= minimumCoverage && !contradicts(said, window.statement);
        return isSupported ? coverage : 0;
    }

    private static boolean contradicts(Statement said, Statement window) {
        return said.affirmed().stream().anyMatch(term -> isOnlyIn(term, window.negated(), window.affirmed()))
                || said.negated().stream().anyMatch(term -> isOnlyIn(term, window.affirmed(), window.negated()));
    }

    private static boolean isOnlyIn(Term term, Set<Term> set, Set<Term> other) {
        return set.contains(term) && !other.contains(term);
    }

    private static double coverage(Set<Term> terms, Set<Term> held) {
        long count = terms.stream().filter(held::contains).count();
        return (double) count / terms.size();
    }
}
