package dev.caravan.knowledge.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Sentences end where a reader would say so. */
class SentencesTest {

    @Test
    void koreanAndEnglishSentences() {
        assertThat(split("휴가는 15일이다. 신청은 3일 전까지 하나요? 네, 그렇습니다! Dr. Kim approved it. It is v3.5 now."))
                .containsExactly(
                        "휴가는 15일이다.", "신청은 3일 전까지 하나요?", "네, 그렇습니다!", "Dr. Kim approved it.", "It is v3.5 now.");
    }

    @Test
    void numbersDatesAndListMarksDoNotEndASentence() {
        assertThat(split("1. 금리는 3.5%이다. 시행일은 2026. 3. 1. 부터이다."))
                .containsExactly("1. 금리는 3.5%이다.", "시행일은 2026. 3. 1. 부터이다.");
        assertThat(split("가. 첫째 항목이다. 나머지")).containsExactly("가. 첫째 항목이다.", "나머지");
    }

    @Test
    void quotesBelongToTheirSentence() {
        assertThat(split("그는 \"간다.\" 라고 했다. (끝.) 다음")).containsExactly("그는 \"간다.\"", "라고 했다.", "(끝.)", "다음");
    }

    @Test
    void shortLinesEndAndWrappedLinesGoOn() {
        String wrapped = "The committee decides on every application within thirty days of its\nreceipt.";
        assertThat(split(wrapped)).containsExactly(wrapped);
        assertThat(split("제3조 휴가\n휴가는 15일이다.\n- 병가는 별도\n- 공가는 별도"))
                .containsExactly("제3조 휴가", "휴가는 15일이다.", "- 병가는 별도", "- 공가는 별도");
        assertThat(split("직급 | 한도\n과장 | 3")).containsExactly("직급 | 한도", "과장 | 3");
    }

    @Test
    void spansCoverEverythingButWhiteSpace() {
        String text = "가나다. 라마?! 바사…\n\n\n아자 3.5. 😀 끝。다음！ a.b.c  ";
        StringBuilder joined = new StringBuilder();
        for (Span span : Sentences.of(text)) {
            joined.append(span.of(text));
        }
        assertThat(joined.toString().replaceAll("\\s", "")).isEqualTo(text.replaceAll("\\s", ""));
    }

    private static List<String> split(String text) {
        return Sentences.of(text).stream().map(span -> span.of(text)).toList();
    }
}
