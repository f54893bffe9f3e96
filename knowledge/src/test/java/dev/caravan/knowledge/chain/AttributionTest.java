package dev.caravan.knowledge.chain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.knowledge.chain.Attribution.Support;
import dev.caravan.knowledge.text.TermAnalyzer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The attribution rule on sentences that were written by hand, each with the passage that supports it or 0 for none:
 * {@code attribution/cases.tsv} and {@code passages.txt}. The wrong ones change a number, a name or the subject.
 */
final class AttributionTest {

    private final Attribution attribution = new Attribution(TermAnalyzer.forComparison());

    @Test
    void precisionAndRecallAreHigh() throws IOException {
        Figures figures = measure(Attribution.COVERAGE_MIN);

        assertThat(figures.precision()).as(figures.mistakes::toString).isGreaterThanOrEqualTo(0.95);
        assertThat(figures.recall()).as(figures.mistakes::toString).isGreaterThanOrEqualTo(0.9);
    }

    /** The table of docs/explanation/citations.md. */
    @Test
    void theChosenShareIsNearlyTheMostPrecise() throws IOException {
        double best = 0;
        StringBuilder table = new StringBuilder();
        for (double share = 0.4; share < 0.95; share += 0.1) {
            Figures figures = measure(share);
            best = Math.max(best, figures.precision());
            table.append(
                    "%n%.1f  %.3f  %.3f  %s".formatted(share, figures.precision(), figures.recall(), figures.mistakes));
        }
        System.getLogger("attribution").log(System.Logger.Level.INFO, "share precision recall{0}", table);

        assertThat(measure(Attribution.COVERAGE_MIN).precision()).isGreaterThanOrEqualTo(best - 0.03);
    }

    private static Figures measure(double minimumCoverage) throws IOException {
        Attribution attribution = new Attribution(TermAnalyzer.forComparison(), minimumCoverage);
        List<String> passages = List.of(resource("passages.txt").split("\n===\n", -1));
        Figures figures = new Figures();
        for (String line : resource("cases.tsv").lines().toList()) {
            List<String> fields = List.of(line.split("\t", -1));
            int expected = Integer.parseInt(fields.get(0));
            int found = attribution
                            .support(fields.get(2), fields.get(1), passages, Set.of())
                            .map(Support::passage)
                            .orElse(-1)
                    + 1;
            figures.supported += expected > 0 ? 1 : 0;
            figures.right += found > 0 && found == expected ? 1 : 0;
            figures.wrong += found > 0 && found != expected ? 1 : 0;
            if (found != expected) {
                figures.mistakes.add(found + " for " + line.replace('\t', ' '));
            }
        }
        return figures;
    }

    private static final class Figures {
        private int right;
        private int wrong;
        private int supported;
        private final List<String> mistakes = new ArrayList<>();

        double precision() {
            return (double) right / (right + wrong);
        }

        double recall() {
            return (double) right / supported;
        }
    }

    @Test
    void theQuoteIsTheSentenceThatSupports() {
        String passage = "도서관은 오전 9시에 엽니다. 매주 월요일은 쉽니다. 주차장은 지하 2층에 있습니다.";

        Optional<Support> support = attribution.support("주차장은 지하 2층입니다.", "주차장은 어디인가요?", List.of(passage), Set.of());

        assertThat(support.map(found -> found.quote().of(passage))).contains("주차장은 지하 2층에 있습니다.");
    }

    @Test
    void ofEqualPassagesTheOneThatTheModelMarkedWins() {
        String passage = "주차장은 지하 2층에 있습니다.";

        Optional<Support> support =
                attribution.support(passage, "주차장은 어디인가요?", List.of(passage, passage + " 그리고 넓습니다."), Set.of(1));

        assertThat(support.map(Support::passage)).contains(1);
    }

    @Test
    void aMarkOfTheModelIsNoSupport() {
        assertThat(attribution.support("주차장은 지하 3층에 있습니다.", "주차장은 어디인가요?", List.of("주차장은 지하 2층에 있습니다."), Set.of(0)))
                .isEmpty();
    }

    @Test
    void aQuestionIsNotSupported() {
        String text = "주차장은 지하 2층에 있나요?";

        assertThat(attribution.support(text, text, List.of("주차장은 지하 2층에 있습니다."), Set.of()))
                .isEmpty();
    }

    private static String resource(String name) throws IOException {
        try (InputStream stream =
                Objects.requireNonNull(AttributionTest.class.getResourceAsStream("/attribution/" + name), name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }
}
