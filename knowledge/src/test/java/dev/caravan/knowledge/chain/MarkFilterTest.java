package dev.caravan.knowledge.chain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.knowledge.chain.MarkFilter.Mark;
import org.junit.jupiter.api.Test;

final class MarkFilterTest {

    @Test
    void marksGoWithTheirSpaceAndAreRemembered() {
        MarkFilter filter = new MarkFilter();

        assertThat(filter.push("휴가는 5일입니다 [2]. 끝 [1, 3]") + filter.finish()).isEqualTo("휴가는 5일입니다. 끝");
        assertThat(filter.marks()).containsExactly(new Mark(9, 2), new Mark(12, 1), new Mark(12, 3));
    }

    @Test
    void aMarkCutOverPiecesIsFound() {
        MarkFilter filter = new MarkFilter();
        String text = filter.push("가 [") + filter.push("1") + filter.push("2") + filter.push("]나") + filter.finish();

        assertThat(text).isEqualTo("가나");
        assertThat(filter.marks()).containsExactly(new Mark(1, 12));
    }

    @Test
    void whatOnlyLooksLikeAMarkStays() {
        for (String text :
                new String[] {"[링크](주소)", "a[i]", "[]", "[1", "끝 ", "배열 [1a]", "[, 1]", "  두 칸", "[123456789012345]"}) {
            MarkFilter filter = new MarkFilter();

            assertThat(filter.push(text) + filter.finish()).isEqualTo(text);
            assertThat(filter.marks()).isEmpty();
        }
    }
}
