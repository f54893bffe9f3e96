package dev.caravan.knowledge.text;

import java.util.HashSet;
import java.util.Set;

/**
 * The terms of a sentence by what it says of them. A term may be in both sets.
 *
 * @param affirmed terms that occur without a negation
 * @param negated terms that a negation belongs to, as 이월 in "이월되지 않는다"
 */
public record Statement(Set<Term> affirmed, Set<Term> negated) {

    public Statement {
        affirmed = Set.copyOf(affirmed);
        negated = Set.copyOf(negated);
    }

    /** All terms. */
    public Set<Term> terms() {
        Set<Term> terms = new HashSet<>(affirmed);
        terms.addAll(negated);
        return terms;
    }

    /** Both sentences as one. */
    public Statement and(Statement other) {
        Set<Term> bothAffirmed = new HashSet<>(affirmed);
        bothAffirmed.addAll(other.affirmed);
        Set<Term> bothNegated = new HashSet<>(negated);
        bothNegated.addAll(other.negated);
        return new Statement(bothAffirmed, bothNegated);
    }
}
