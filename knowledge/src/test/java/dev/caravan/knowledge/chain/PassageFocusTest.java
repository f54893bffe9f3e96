package dev.caravan.knowledge.chain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.knowledge.retrieve.RetrievedSegment;
import dev.caravan.knowledge.text.TermAnalyzer;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PassageFocusTest {

    private final PassageFocus focus =
            new PassageFocus(TermAnalyzer.forComparison(), (question, sentences) -> new double[sentences.size()]);

    @Test
    void theSentencesThatShareTheQuestionsWordsRemainTheBestLast() {
        String text = "도서관은 오전 9시에 문을 엽니다. 주차장은 지하 2층에 있습니다. 방문객은 2시간까지 무료로 주차할 수 있습니다.";

        assertThat(focus.sentences("방문객은 주차장을 몇 시간 무료로 쓰나요?", List.of(segment(text)), 2))
                .containsExactly("주차장은 지하 2층에 있습니다.", "방문객은 2시간까지 무료로 주차할 수 있습니다.");
    }

    @Test
    void aHeadingStaysWithItsFirstSentence() {
        String text = "토큰\n정의: 토큰은 텍스트를 더 작은 단위로 나눈 것을 말합니다.";

        assertThat(focus.sentences("토큰이 무엇인가요?", List.of(segment(text)), 3))
                .containsExactly("토큰 정의: 토큰은 텍스트를 더 작은 단위로 나눈 것을 말합니다.");
    }

    @Test
    void aQuestionWithoutCommonWordsGetsTheBestPassagesFirstSentences() {
        assertThat(focus.sentences("왜?", List.of(segment("첫째 문장은 길게 씁니다. 둘째 문장도 길게 씁니다.")), 1))
                .containsExactly("첫째 문장은 길게 씁니다.");
    }

    @Test
    void aSentenceThatIsNearInMeaningIsFoundWithoutACommonWord() {
        PassageFocus byMeaning = new PassageFocus(
                TermAnalyzer.forComparison(),
                (question, sentences) -> sentences.stream()
                        .mapToDouble(sentence -> sentence.contains("무료") ? 1 : 0)
                        .toArray());

        assertThat(byMeaning.sentences("얼마예요?", List.of(segment("정문은 남쪽에 있습니다. 입장은 무료입니다. 우산은 맡겨 주세요.")), 1))
                .containsExactly("입장은 무료입니다.");
    }

    private static RetrievedSegment segment(String text) {
        return new RetrievedSegment(1, "vs_1", "file-1", "a.md", "hash", 0, text.length(), text, null, 1, 1, 1, 1);
    }
}
