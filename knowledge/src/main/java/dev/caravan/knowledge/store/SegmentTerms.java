package dev.caravan.knowledge.store;

import dev.caravan.knowledge.text.Term;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The terms of a segment, counted.
 *
 * @param frequencies how often each term occurs
 * @param total number of terms, repetitions included
 */
public record SegmentTerms(Map<String, Integer> frequencies, int total) {

    /** Counts terms. */
    public static SegmentTerms count(List<Term> terms) {
        Map<String, Integer> frequencies = new LinkedHashMap<>();
        for (Term term : terms) {
            frequencies.merge(term.text(), 1, Integer::sum);
        }
        return new SegmentTerms(frequencies, terms.size());
    }
}
