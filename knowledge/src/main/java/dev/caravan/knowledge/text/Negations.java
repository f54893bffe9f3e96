package dev.caravan.knowledge.text;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.lucene.analysis.ko.POS;
import org.jspecify.annotations.Nullable;

/**
 * Finds the terms that a sentence denies. In Korean the negation follows its verb (이월되지 않는다, 이용할 수 없다) or stands
 * right before it (안 쓴다, 못 쓴다); in English it stands before (not, no, never). One term is taken per negation: the
 * nearest. Belongs to one text.
 */
final class Negations {

    private static final Set<String> BEFORE_ENGLISH = Set.of("not", "no", "never", "cannot", "without");
    private static final Set<String> BEFORE_KOREAN = Set.of("안", "못");
    private static final Set<String> BEHIND = Set.of("없", "않", "아니", "못하", "말");

    private static final Pattern SURFACE = Pattern.compile("[없않못말마]|아니|아닙|아닌|아닐");

    private final Set<Integer> negated = new HashSet<>();
    private boolean awaitsTerm;
    private int termsBefore;

    /**
     * Hears of the next token, after its terms, if it has any, were added.
     *
     * @param surface what stands in the text: the dictionary takes 하였다 for 않였다, so the morpheme alone is no proof
     */
    void token(String token, String surface, POS.@Nullable Tag tag, List<Term> terms) {
        String word = token.toLowerCase(Locale.ROOT);
        if (awaitsTerm && terms.size() > termsBefore) {
            negated.add(termsBefore);
            awaitsTerm = false;
        }
        boolean isVerb = tag == POS.Tag.VA || tag == POS.Tag.VX || tag == POS.Tag.VCN || tag == POS.Tag.VV;
        boolean endsClause = tag == POS.Tag.EF || tag == POS.Tag.EC;
        if (isVerb && BEHIND.contains(word) && SURFACE.matcher(surface).find()) {
            negated.add(terms.size() - 1);
        } else if (awaitsTerm && endsClause) {
            // 쓰면 안 된다: the verb says nothing by itself; what stands before it is denied.
            negated.add(terms.size() - 1);
            awaitsTerm = false;
        } else if ((tag == POS.Tag.MAG && BEFORE_KOREAN.contains(word))
                || (tag == POS.Tag.SL && BEFORE_ENGLISH.contains(word))) {
            awaitsTerm = true;
            termsBefore = terms.size();
        }
    }

    Statement statement(List<Term> terms) {
        Set<Term> affirmed = new HashSet<>();
        Set<Term> denied = new HashSet<>();
        for (int index = 0; index < terms.size(); index++) {
            (negated.contains(index) ? denied : affirmed).add(terms.get(index));
        }
        return new Statement(affirmed, denied);
    }
}
