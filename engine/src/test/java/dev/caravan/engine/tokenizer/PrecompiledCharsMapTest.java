package dev.caravan.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.tokenizer.PrecompiledCharsMap.Matching;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Maps that are not sound; the real ones are compared in the tests of whole tokenizers. */
class PrecompiledCharsMapTest {

    /** A map with one entry: 'a' becomes a text. */
    private static byte[] replacingA(String replacement) {
        ByteBuffer map =
                ByteBuffer.allocate(4 + 512 * 4 + replacement.length() + 1).order(ByteOrder.LITTLE_ENDIAN);
        map.putInt(512 * 4);
        int[] units = new int[512];
        units[0] = 256 << 10;
        units[256 ^ 'a'] = 1 << 8 | 'a' | (1 << 10);
        units[(256 ^ 'a') ^ 1] = 1 << 31;
        for (int unit : units) {
            map.putInt(unit);
        }
        return map.put(replacement.getBytes(StandardCharsets.US_ASCII)).array();
    }

    @ParameterizedTest
    @EnumSource(Matching.class)
    void replacesWhatTheTrieHolds(Matching matching) {
        assertThat(new PrecompiledCharsMap(replacingA("xy"), matching).normalize("banana 가a"))
                .isEqualTo("bxynxynxy 가xy");
    }

    @ParameterizedTest
    @EnumSource(Matching.class)
    void refusesATextThatItBlowsUp(Matching matching) {
        PrecompiledCharsMap map = new PrecompiledCharsMap(replacingA("x".repeat(1 << 20)), matching);
        assertThatThrownBy(() -> map.normalize("a".repeat(100_000)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("makes more than");
    }

    @ParameterizedTest
    @EnumSource(Matching.class)
    void randomMapsAreRefusedOrWork(Matching matching) {
        Random random = new Random(20261124);
        int refused = 0;
        for (int i = 0; i < 300; i++) {
            byte[] map = replacingA("x");
            int cut = random.nextInt(8) == 0 ? random.nextInt(map.length) : map.length;
            for (int k = 0; k < 40; k++) {
                map[random.nextInt(map.length)] = (byte) random.nextInt(256);
            }
            try {
                new PrecompiledCharsMap(Arrays.copyOf(map, cut), matching)
                        .normalize("banana 한글 e\u0301 \uD83D\uDE00\0a");
            } catch (IllegalArgumentException expected) {
                refused++;
            }
        }
        assertThat(refused).isBetween(1, 299);
    }
}
