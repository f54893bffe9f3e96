package dev.caravan.server.finetuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.server.finetuning.ProgressDisplay.State;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProgressDisplayTest {
    private static final long SECOND = 1_000_000_000L;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private ProgressDisplay display(boolean isTerminal) {
        return new ProgressDisplay(new PrintStream(bytes, true, StandardCharsets.UTF_8), isTerminal, 100);
    }

    private String shown() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static State state(long step) {
        return new State(step, step / 50.0, 2.5, step > 10 ? 2.25 : Double.NaN, 1234.4, 95);
    }

    @Test
    void aTerminalHasOneLineThatIsDrawnAgain() {
        ProgressDisplay display = display(true);
        display.step(state(50), 0);
        display.step(state(51), SECOND / 100);
        display.step(state(52), SECOND);
        display.note("done");
        assertThat(shown())
                .isEqualTo("\r[##########          ]  step 50/100  epoch 1.00  loss 2.500  held-out 2.250"
                        + "  1,234 tok/s  1 min 35 s left\u001B[K"
                        + "\r[##########          ]  step 52/100  epoch 1.04  loss 2.500  held-out 2.250"
                        + "  1,234 tok/s  1 min 35 s left\u001B[K"
                        + System.lineSeparator()
                        + "done" + System.lineSeparator());
    }

    @Test
    void aLogHasPlainLinesNowAndThenAndTheLastStep() {
        ProgressDisplay display = display(false);
        display.step(state(1), 0);
        display.step(state(2), SECOND);
        display.step(state(30), 20 * SECOND);
        display.step(state(100), 21 * SECOND);
        assertThat(shown().lines())
                .hasSize(3)
                .noneMatch(line -> line.contains("\u001B") || line.contains("\r"))
                .first()
                .asString()
                .isEqualTo("step 1/100  epoch 0.02  loss 2.500  1,234 tok/s  1 min 35 s left");
    }

    @Test
    void durationsAndBytesAreReadable() {
        assertThat(ProgressDisplay.duration(44.6)).isEqualTo("45 s");
        assertThat(ProgressDisplay.duration(3725)).isEqualTo("1 h 02 min");
        assertThat(ProgressDisplay.bytes(1L << 30)).isEqualTo("1.0 GiB");
        assertThat(ProgressDisplay.bytes(320L << 20)).isEqualTo("320 MiB");
    }
}
