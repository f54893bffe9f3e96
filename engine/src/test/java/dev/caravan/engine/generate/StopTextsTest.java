package dev.caravan.engine.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StopTextsTest {

    @Test
    void aStopTextAcrossPiecesIsCutAndNothingFollowsIt() {
        StopTexts stop = new StopTexts(List.of("\nUser:"));
        assertThat(stop.push("yes.\nUs")).isEqualTo("yes.");
        assertThat(stop.push("er")).isEmpty();
        assertThat(stop.push(": no")).isEmpty();
        assertThat(stop.isStopped()).isTrue();
        assertThat(stop.push("more") + stop.finish()).isEmpty();
    }

    @Test
    void textThatOnlyBeganLikeAStopTextIsShownOnceThatIsKnown() {
        StopTexts stop = new StopTexts(List.of("###"));
        assertThat(stop.push("a##")).isEqualTo("a");
        assertThat(stop.push("b#")).isEqualTo("##b");
        assertThat(stop.finish()).isEqualTo("#");
        assertThat(stop.isStopped()).isFalse();
    }

    @Test
    void theEarliestOfSeveralStopTextsCuts() {
        StopTexts stop = new StopTexts(List.of("다.", "했"));
        assertThat(stop.push("말했다. 끝")).isEqualTo("말");
    }

    @Test
    void anyCutIntoPiecesGivesTheSameAnswer() {
        String text = "abababc abcabab ababcab";
        List<String> stops = List.of("ababca", "bcabab a");
        SplittableRandom random = new SplittableRandom(1);
        for (int round = 0; round < 200; round++) {
            StopTexts stop = new StopTexts(stops);
            StringBuilder shown = new StringBuilder();
            for (int from = 0; from < text.length(); ) {
                int to = Math.min(text.length(), from + random.nextInt(1, 5));
                shown.append(stop.push(text.substring(from, to)));
                from = to;
            }
            assertThat(shown.append(stop.finish()).toString()).isEqualTo("abababc a");
        }
    }
}
