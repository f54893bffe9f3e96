package dev.caravan.engine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caravan.engine.train.LearningRateSchedule.LrSchedulerType;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Against transformers' get_scheduler; see golden/optimizer. */
class LearningRateScheduleTest {

    @Test
    void everyStepHasTransformersRate() throws IOException {
        List<String> lines = Files.readAllLines(OptimizerGolden.FOLDER.resolve("schedules.tsv"));
        assertThat(lines).hasSize(25);
        for (String line : lines.subList(1, lines.size())) {
            String[] fields = line.split("\t", -1);
            LearningRateSchedule schedule = new LearningRateSchedule(
                    LrSchedulerType.of(fields[0]), 2e-4, Integer.parseInt(fields[1]), Integer.parseInt(fields[2]));
            String[] rates = fields[3].split(" ", -1);
            for (int step = 0; step < rates.length; step++) {
                double expected = Double.parseDouble(rates[step]);
                assertThat(schedule.at(step))
                        .as("%s at step %d", line, step)
                        .isCloseTo(expected, within(1e-15 * Math.abs(expected)));
            }
        }
    }

    @Test
    void anUnknownScheduleIsRefused() {
        assertThatThrownBy(() -> LrSchedulerType.of("polynomial"))
                .hasMessage("lrSchedulerType is polynomial; choose constant, constant_with_warmup, linear or cosine");
    }
}
