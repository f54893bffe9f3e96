package dev.caravan.knowledge.split;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.knowledge.parse.Anchor;
import dev.caravan.knowledge.parse.ParsedDocument;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Segments are verbatim, within the budget, and together hold the whole document. */
class SegmentSplitterTest {

    private final SegmentSplitter splitter = new SegmentSplitter(SegmentSplitterTest::words, 20, 6);

    @Test
    void segmentsAreVerbatimWithinTheBudgetAndCoverTheText() {
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < 50; round++) {
            ParsedDocument document = randomDocument(random);
            List<Segment> segments = splitter.split(document);
            int covered = 0;
            for (Segment segment : segments) {
                assertThat(segment.text()).isEqualTo(document.text().substring(segment.start(), segment.end()));
                assertThat(words(segment.text())).isLessThanOrEqualTo(20);
                assertThat(document.text().substring(Math.min(covered, segment.start()), segment.start()))
                        .satisfies(gap -> assertThat(gap.isBlank()
                                        || segment.start() <= document.text().length())
                                .isTrue());
                assertThat(covered >= segment.start()
                                || document.text()
                                        .substring(covered, segment.start())
                                        .isBlank())
                        .as("nothing between segments is lost")
                        .isTrue();
                covered = segment.end();
            }
            assertThat(document.text().substring(covered)).isBlank();
        }
    }

    @Test
    void headingStaysWithTheSegmentsBelowIt() {
        String body = "이 회사의 모든 직원은 해마다 휴가를 쓸 수 있다. ".repeat(6).strip();
        ParsedDocument document = document("제1조 휴가\n\n" + body + "\n\n제2조 출장\n\n" + body);
        List<Segment> segments = splitter.split(document);
        assertThat(segments.getFirst().text()).startsWith("제1조 휴가");
        assertThat(segments.getFirst().heading()).isNull();
        assertThat(segments.get(1).heading()).isEqualTo("제1조 휴가");
        assertThat(segments).anySatisfy(segment -> assertThat(segment.text()).startsWith("제2조 출장"));
        assertThat(segments.getLast().heading()).isEqualTo("제2조 출장");
    }

    @Test
    void shortLastSentenceIsRepeated() {
        String text = "하나 둘 셋 넷 다섯 여섯 일곱 여덟 아홉 열 하나 둘 셋 넷이다. 짧은 문장이다. " + "하나 둘 셋 넷 다섯 여섯 일곱 여덟 아홉 열 하나이다.";
        List<Segment> segments = splitter.split(document(text));
        assertThat(segments).hasSize(2);
        assertThat(segments.get(0).text()).endsWith("짧은 문장이다.");
        assertThat(segments.get(1).text()).startsWith("짧은 문장이다.");
    }

    @Test
    void segmentKnowsThePageOnWhichItStarts() {
        String page = "하나 둘 셋 넷 다섯 여섯 일곱 여덟 아홉 열이다.";
        String text = page + "\n\n" + page;
        ParsedDocument document = new ParsedDocument(
                text,
                List.of(new Anchor(0, page.length(), 1, null), new Anchor(page.length() + 2, text.length(), 2, null)),
                "application/pdf");
        assertThat(splitter.split(document)).extracting(Segment::page).containsExactly(1, 2);
    }

    private static ParsedDocument randomDocument(SplittableRandom random) {
        StringBuilder text = new StringBuilder();
        String[] words = {"휴가", "3.5%", "employee", "규정은", "😀", "KT-2024-017", "있다.", "끝?", "\n\n", "제2조 목적\n", "| "};
        for (int count = 30 + random.nextInt(200); count > 0; count--) {
            text.append(words[random.nextInt(words.length)]).append(' ');
        }
        return document(text.toString());
    }

    private static ParsedDocument document(String text) {
        List<Anchor> anchors = new ArrayList<>();
        anchors.add(new Anchor(0, text.length(), null, 1));
        return new ParsedDocument(text, anchors, "text/plain");
    }

    private static int words(String text) {
        return text.isBlank() ? 0 : text.strip().split("\\s+", -1).length;
    }
}
