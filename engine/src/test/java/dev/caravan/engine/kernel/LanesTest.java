package dev.caravan.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LanesTest {

    /** Often enough that both interpreted and compiled code have answered. */
    private static final int REPETITIONS = 100_000;

    @Test
    void theSumIsTakenInOneOrderHoweverTheCodeRuns() {
        SplittableRandom random = new SplittableRandom(1);
        float[] values = new float[Lanes.COUNT];
        for (int n = 0; n < REPETITIONS; n++) {
            for (int lane = 0; lane < Lanes.COUNT; lane++) {
                values[lane] = (float) random.nextDouble(-1, 1);
            }
            assertThat(Lanes.sum(Lanes.floats(values, 0))).isEqualTo(halfAfterHalf(values.clone()));
        }
    }

    private static float halfAfterHalf(float[] values) {
        for (int half = values.length / 2; half > 0; half /= 2) {
            for (int lane = 0; lane < half; lane++) {
                values[lane] += values[lane + half];
            }
        }
        return values[0];
    }
}
