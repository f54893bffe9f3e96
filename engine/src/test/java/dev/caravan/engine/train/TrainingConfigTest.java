package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class TrainingConfigTest {

    @Test
    void theDefaultsAreTransformers() {
        TrainingConfig config = TrainingConfig.DEFAULT;

        assertThat(config.learningRate()).isEqualTo(5e-5);
        assertThat(config.lrSchedulerType().text()).isEqualTo("linear");
        assertThat(config.weightDecay()).isZero();
        assertThat(config.maxGradNorm()).isEqualTo(1);
        assertThat(config.numTrainEpochs()).isEqualTo(3);
        assertThat(config.seed()).isEqualTo(42);
        assertThat(config.saveSteps()).isEqualTo(500);
        assertThat(config.with().build()).isEqualTo(config);
    }

    @Test
    void theWarmupIsItsStepsOrElseItsShareOfAllSteps() {
        TrainingConfig ratio = change(with -> with.warmupRatio(0.03));

        assertThat(ratio.warmup(101)).isEqualTo(4);
        assertThat(ratio.with().warmupSteps(7).build().warmup(101)).isEqualTo(7);
        assertThat(TrainingConfig.DEFAULT.warmup(101)).isZero();
    }

    @Test
    void everySettingIsInACheckpoint() {
        assertThat(TrainingConfig.DEFAULT.settings().keySet())
                .containsExactly(Arrays.stream(TrainingConfig.class.getRecordComponents())
                        .map(RecordComponent::getName)
                        .toArray(String[]::new));
    }

    @Test
    void settingsWithoutSenseAreRefusedByName() {
        assertRefused(with -> with.learningRate(0), "learningRate is 0.0; set it to a number above 0, such as 0.0002");
        assertRefused(
                with -> with.learningRate(Double.NaN),
                "learningRate is NaN; set it to a number above 0, such as 0.0002");
        assertRefused(with -> with.warmupRatio(1.5), "warmupRatio is 1.5; set it to a number from 0 to 1");
        assertRefused(with -> with.warmupSteps(-1), "warmupSteps is -1; set it to 0 or more");
        assertRefused(with -> with.weightDecay(-0.1), "weightDecay is -0.1; set it to a number from 0 to 1");
        assertRefused(with -> with.adamBeta1(1), "adamBeta1 is 1.0; set it to a number from 0 to below 1");
        assertRefused(with -> with.adamBeta2(-1), "adamBeta2 is -1.0; set it to a number from 0 to below 1");
        assertRefused(with -> with.adamEpsilon(0), "adamEpsilon is 0.0; set it to a number above 0, such as 1e-8");
        assertRefused(with -> with.maxGradNorm(-1), "maxGradNorm is -1.0; set it to 0 or more");
        assertRefused(
                with -> with.numTrainEpochs(0), "numTrainEpochs is 0.0; set it to a number above 0 and at most 10000");
        assertRefused(
                with -> with.maxSteps(0),
                "maxSteps is 0; set it to a number from 1 to 100000, or -1 to train for numTrainEpochs");
        assertRefused(with -> with.gradientAccumulationSteps(0), "gradientAccumulationSteps is 0; set it to 1 or more");
        assertRefused(with -> with.evalSteps(-1), "evalSteps is -1; set it to 0 or more");
        assertRefused(with -> with.saveSteps(-1), "saveSteps is -1; set it to 0 or more");
        assertRefused(
                with -> with.earlyStoppingPatience(2),
                "earlyStoppingPatience is 2, but evalSteps is 0; set evalSteps, so that there is something to wait for");
        assertRefused(with -> with.maxLength(1), "maxLength is 1; set it to 2 tokens or more");
        assertRefused(
                with -> with.maxLength(2048),
                "tokensPerBatch is 1024, but an example may have 2048 tokens (maxLength); set it to at least as many");
    }

    private static TrainingConfig change(Function<TrainingConfigBuilder, TrainingConfigBuilder> change) {
        return change.apply(TrainingConfig.DEFAULT.with()).build();
    }

    private static void assertRefused(Function<TrainingConfigBuilder, TrainingConfigBuilder> change, String message) {
        assertThatThrownBy(() -> change(change))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
