package dev.caravan.knowledge.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.knowledge.text.Term.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Terms are what two spellings of one thing share. */
class TermAnalyzerTest {

    private final TermAnalyzer search = TermAnalyzer.forSearch();
    private final TermAnalyzer comparison = TermAnalyzer.forComparison();

    @Test
    void particlesAndEndingsAreDropped() {
        assertThat(words(search, "휴가를")).containsExactlyElementsOf(words(search, "휴가는"));
        assertThat(words(search, "신청한다")).contains("신청").doesNotContain("한다", "하", "ㄴ다");
        assertThat(words(search, "먹었습니다")).containsAnyElementsOf(words(search, "먹는다"));
    }

    @Test
    void compoundsAreFoundWholeAndInParts() {
        assertThat(words(search, "연차휴가")).contains("휴가");
        assertThat(words(comparison, "연차휴가")).contains("휴가").doesNotContain("연차휴가");
    }

    @Test
    void identifiersStayWholeAndAreFoundByTheirParts() {
        assertThat(search.analyze("KT-2024-017호에 따라"))
                .contains(new Term("kt-2024-017", Kind.IDENTIFIER), new Term("kt", Kind.WORD));
        assertThat(search.analyze("모델 HS2025입니다")).contains(new Term("hs2025", Kind.IDENTIFIER));
    }

    @Test
    void numbersAreComparedByValue() {
        assertThat(search.analyze("1,500,000원")).contains(new Term("1500000", Kind.NUMBER));
        assertThat(search.analyze("150만 원")).contains(new Term("1500000", Kind.NUMBER));
        assertThat(search.analyze("금리는 3.5%이다")).contains(new Term("3.5", Kind.NUMBER), new Term("3.5%", Kind.WORD));
        assertThat(numbers("2026-03-01")).containsExactlyElementsOf(numbers("2026년 3월 1일"));
        assertThat(numbers("15일")).containsExactly("15");
        assertThat(numbers("2026. 3. 1.")).containsExactly("2026", "3", "1");
    }

    @Test
    void latinIsLowerCasedAndStemmed() {
        assertThat(words(search, "Employees REQUESTED the Policies"))
                .containsExactlyElementsOf(words(search, "employee requests policy"));
    }

    @Test
    void unknownHangulIsFoundByBigrams() {
        assertThat(words(search, "쉟뫯꿻를")).contains("쉟뫯", "뫯꿻");
    }

    @Test
    void questionWordsCarryNoSubject() {
        assertThat(words(search, "그것은 무엇입니까?")).isEmpty();
        assertThat(words(search, "what is it?")).isEmpty();
    }

    @Test
    void negationBelongsToTheNearestTerm() {
        assertThat(negated("사용하지 않은 반차는 다음 달로 이월되지 않는다.")).containsExactlyInAnyOrder("사용", "이월");
        assertThat(negated("결제를 이용할 수 없습니다.")).containsExactly("이용");
        assertThat(negated("결제를 이용하지 못합니다.")).containsExactly("이용");
        assertThat(negated("비밀번호를 공유하면 안 된다.")).containsExactly("공유");
        assertThat(negated("Employees must not share their badge.")).containsExactly("share");
        assertThat(negated("인증이 5월 말에 끝난다고 보고하였다.")).isEmpty();
    }

    @Test
    void anyTextIsAnalysed() {
        for (String text :
                List.of("", " ", "😀🎉", "a".repeat(5000), "가".repeat(5000), "-".repeat(3000), "1".repeat(300))) {
            assertThat(search.analyze(text))
                    .allSatisfy(term -> assertThat(term.text()).hasSizeBetween(1, 66));
        }
    }

    private static List<String> words(TermAnalyzer analyzer, String text) {
        return analyzer.analyze(text).stream().map(Term::text).toList();
    }

    private List<String> negated(String text) {
        return comparison.statement(text).negated().stream().map(Term::text).toList();
    }

    private List<String> numbers(String text) {
        return search.analyze(text).stream()
                .filter(term -> term.kind() == Kind.NUMBER)
                .map(Term::text)
                .toList();
    }
}
