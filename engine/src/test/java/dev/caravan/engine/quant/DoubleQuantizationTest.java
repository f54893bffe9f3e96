package dev.caravan.engine.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Double quantisation of scales as bitsandbytes does it on a CPU. */
class DoubleQuantizationTest {
    private static final float[] MAP = Golden.floats("quant4bit/nested_quant_map.bin");

    @Test
    void hasTheSameMap() {
        Golden.assertSame(DoubleQuantization.dynamicMap(), MAP, "map");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 300, 4000})
    void restoresExactlyWhatBitsandbytesRestores(int blocks) {
        Golden.assertSame(reference(blocks).absmax(), golden(blocks, "restored"), "absmax");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 300, 4000})
    void quantisesAsBitsandbytesDoesWithItsOffset(int blocks) {
        DoubleQuantization expected = reference(blocks);
        DoubleQuantization actual = DoubleQuantization.of(golden(blocks, "absmax"), expected.offset());
        assertThat(actual.codes()).isEqualTo(expected.codes());
        Golden.assertSame(actual.nestedAbsmax(), expected.nestedAbsmax(), "nested_absmax");
        assertThat(actual.blockSize()).isEqualTo(256);
    }

    /** torch's mean depends on its vectors and threads: the last places of the offset may differ, and little follows. */
    @ParameterizedTest
    @ValueSource(ints = {1, 300, 4000})
    void isAsCloseWithItsOwnOffset(int blocks) {
        DoubleQuantization expected = reference(blocks);
        float[] absmax = golden(blocks, "absmax");
        DoubleQuantization actual = DoubleQuantization.of(absmax);
        assertThat(actual.offset()).isCloseTo(expected.offset(), Offset.offset(4 * Math.ulp(expected.offset())));
        int differing = Arrays.compare(actual.codes(), expected.codes()) == 0 ? 0 : differences(actual, expected);
        assertThat(differing).as("codes that differ of %d", blocks).isLessThanOrEqualTo(blocks / 500);
        float[] restored = actual.absmax();
        for (int i = 0; i < absmax.length; i++) {
            // The map's greatest step is 0.0141 of a nested absmax.
            float greatest = actual.nestedAbsmax()[i / 256];
            assertThat(restored[i]).as("absmax %d", i).isCloseTo(absmax[i], Offset.offset(0.0072f * greatest + 1e-9f));
        }
    }

    private static int differences(DoubleQuantization actual, DoubleQuantization expected) {
        int count = 0;
        for (int i = 0; i < expected.codes().length; i++) {
            count += actual.codes()[i] == expected.codes()[i] ? 0 : 1;
        }
        return count;
    }

    @Test
    void keepsEqualScales() {
        float[] equal = new float[600];
        Arrays.fill(equal, 0.25f);
        assertThat(DoubleQuantization.of(equal).absmax()).containsExactly(equal);
    }

    @Test
    void refusesPartsThatDoNotBelongTogether() {
        float[] map = DoubleQuantization.dynamicMap();
        assertThatThrownBy(() -> new DoubleQuantization(new byte[257], 256, new float[1], map, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("257 scales")
                .hasMessageContaining("2 values of nested_absmax");
        assertThatThrownBy(() -> new DoubleQuantization(new byte[257], 256, new float[2], new float[16], 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not 2 and 16");
        assertThatThrownBy(() -> new DoubleQuantization(new byte[1], 0, new float[1], map, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nested_blocksize");
    }

    private static DoubleQuantization reference(int blocks) {
        return new DoubleQuantization(
                Golden.bytes("quant4bit/double-%d-codes.bin".formatted(blocks)),
                256,
                golden(blocks, "nested_absmax"),
                MAP,
                golden(blocks, "offset")[0]);
    }

    private static float[] golden(int blocks, String part) {
        return Golden.floats("quant4bit/double-%d-%s.bin".formatted(blocks, part));
    }
}
