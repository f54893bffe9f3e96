package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against torch's own optimiser and clipping; see golden/optimizer. */
class AdamWTest {
    private static final int STEPS = 50;

    /** The step after the warm-up: values that pass zero are as exact as the changes that took them there. */
    private static final int PEAK = 5;

    @ParameterizedTest
    @CsvSource({"default,0.9,0.999,1e-8,0", "decay,0.9,0.95,1e-6,0.1", "quick,0.3,0.99,1e-8,0.01"})
    void fiftyStepsEqualTorchs(String name, double beta1, double beta2, double epsilon, double weightDecay) {
        try (OptimizerGolden golden = new OptimizerGolden()) {
            TrainableTensor tensor = tensor(golden.row(name + ".values", 0));
            AdamW optimizer = new AdamW(List.of(tensor), new AdamW.Settings(beta1, beta2, epsilon, weightDecay));
            double[] rates = golden.doubles(name + ".lr");
            int differentBits = 0;
            for (int step = 0; step < STEPS; step++) {
                float[] gradient = golden.row(name + ".gradients", step);
                System.arraycopy(gradient, 0, tensor.gradient(), 0, gradient.length);

                optimizer.step(rates[step]);

                assertThat(optimizer.expAvg().getFirst()).isEqualTo(golden.row(name + ".exp_avg", step));
                assertThat(optimizer.expAvgSq().getFirst()).isEqualTo(golden.row(name + ".exp_avg_sq", step));
                float[] expected = golden.row(name + ".values", step + 1);
                for (int i = 0; i < expected.length; i++) {
                    assertThat((double) tensor.values()[i])
                            .as("value %d after step %d", i, step + 1)
                            .isCloseTo(expected[i], within(1e-6 * (Math.abs(expected[i]) + rates[PEAK])));
                    differentBits += tensor.values()[i] == expected[i] ? 0 : 1;
                }
            }
            // torch's square root is off by its last bit at times; nothing else may be.
            assertThat(differentBits).isLessThan(STEPS * tensor.size() / 4);
        }
    }

    @ParameterizedTest
    @CsvSource({"above", "below", "zero"})
    void clippingEqualsTorchs(String name) {
        try (OptimizerGolden golden = new OptimizerGolden()) {
            List<TrainableTensor> tensors =
                    List.of(clipped(golden, name, 0), clipped(golden, name, 1), clipped(golden, name, 2));
            Gradients gradients = new Gradients(tensors);

            double norm = gradients.norm();
            gradients.clip(norm, 1);

            float expectedNorm = golden.floats("clip.%s.norm".formatted(name))[0];
            assertThat(norm).isCloseTo(expectedNorm, within(1e-6 * expectedNorm));
            for (int i = 0; i < tensors.size(); i++) {
                float[] expected = golden.floats("clip.%s.%d.after".formatted(name, i));
                for (int k = 0; k < expected.length; k++) {
                    assertThat((double) tensors.get(i).gradient()[k])
                            .isCloseTo(expected[k], within(1e-6 * Math.abs(expected[k])));
                }
            }
        }
    }

    @Test
    void aNormThatIsLittleAboveTheLimitIsClippedToo() {
        TrainableTensor tensor = tensor(new float[2]);
        tensor.gradient()[0] = 0.9f;
        tensor.gradient()[1] = 1.2f;
        Gradients gradients = new Gradients(List.of(tensor));

        gradients.clip(gradients.norm(), 1);

        assertThat(gradients.norm()).isCloseTo(1, within(1e-5));
    }

    @Test
    void aNormBeyondFloatsIsStillANumber() {
        TrainableTensor tensor = tensor(new float[2]);
        tensor.gradient()[0] = 3e30f;
        tensor.gradient()[1] = 4e30f;

        assertThat(new Gradients(List.of(tensor)).norm()).isCloseTo(5e30, within(1e24));
        tensor.gradient()[1] = Float.NaN;
        assertThat(new Gradients(List.of(tensor)).norm()).isNaN();
        tensor.gradient()[1] = Float.NEGATIVE_INFINITY;
        assertThat(new Gradients(List.of(tensor)).norm()).isInfinite();
    }

    private static TrainableTensor clipped(OptimizerGolden golden, String name, int number) {
        float[] gradient = golden.floats("clip.%s.%d.before".formatted(name, number));
        return new TrainableTensor("t" + number, new long[] {gradient.length}, new float[gradient.length], gradient);
    }

    private static TrainableTensor tensor(float[] values) {
        return new TrainableTensor("t", new long[] {values.length}, values, new float[values.length]);
    }
}
