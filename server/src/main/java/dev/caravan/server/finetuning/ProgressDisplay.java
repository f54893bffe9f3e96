package dev.caravan.server.finetuning;

import java.io.PrintStream;
import java.util.Locale;

/**
 * A training as it goes: on a terminal one line that is drawn again, elsewhere a line now and then. Used by one thread.
 */
final class ProgressDisplay {
    private static final int BAR = 20;

    /** On a terminal no more often than the eye follows. */
    private static final long REDRAW_NANOS = 100_000_000L;

    /** Elsewhere, so that a log of hours stays readable. */
    private static final long LINE_NANOS = 15_000_000_000L;

    private static final String CLEAR_REST = "\u001B[K";

    private final PrintStream out;
    private final boolean isTerminal;
    private final long steps;
    private long shownNanos;
    private boolean isShown;
    private boolean isOpen;

    /** @param steps of the whole training */
    ProgressDisplay(PrintStream out, boolean isTerminal, long steps) {
        this.out = out;
        this.isTerminal = isTerminal;
        this.steps = steps;
    }

    /**
     * What a line says.
     *
     * @param loss of the last step, in nats for each learned token
     * @param heldOutLoss NaN until there is one
     * @param tokensPerSecond that were trained on, lately
     * @param secondsLeft until the end, at this speed
     */
    record State(
            long step, double epoch, double loss, double heldOutLoss, double tokensPerSecond, double secondsLeft) {}

    /** @param now {@link System#nanoTime} */
    void step(State state, long now) {
        boolean isLast = state.step() >= steps;
        if (isShown && !isLast && now - shownNanos < (isTerminal ? REDRAW_NANOS : LINE_NANOS)) {
            return;
        }
        isShown = true;
        shownNanos = now;
        if (isTerminal) {
            out.print("\r" + bar(state) + "  " + numbers(state) + CLEAR_REST);
            isOpen = true;
        } else {
            out.println(numbers(state));
        }
        out.flush();
    }

    /** A line of its own, for what happened. */
    void note(String line) {
        close();
        out.println(line);
        out.flush();
    }

    /** Leaves the line that is drawn again as it is. */
    void close() {
        if (isOpen) {
            out.println();
            isOpen = false;
        }
    }

    private String bar(State state) {
        int full = (int) Math.min(BAR, state.step() * BAR / Math.max(1, steps));
        return "[" + "#".repeat(full) + " ".repeat(BAR - full) + "]";
    }

    private String numbers(State state) {
        return String.format(
                Locale.ROOT,
                "step %,d/%,d  epoch %.2f  loss %.3f%s  %,.0f tok/s  %s left",
                state.step(),
                steps,
                state.epoch(),
                state.loss(),
                Double.isNaN(state.heldOutLoss())
                        ? ""
                        : String.format(Locale.ROOT, "  held-out %.3f", state.heldOutLoss()),
                state.tokensPerSecond(),
                duration(state.secondsLeft()));
    }

    /** For example {@code 2 h 05 min}, {@code 3 min 20 s} or {@code 45 s}. */
    static String duration(double seconds) {
        long whole = Math.max(0, Math.round(seconds));
        if (whole >= 3600) {
            return String.format(Locale.ROOT, "%d h %02d min", whole / 3600, whole % 3600 / 60);
        }
        return whole >= 60 ? String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60) : whole + " s";
    }

    /** For example {@code 1.5 GiB} or {@code 320 MiB}. */
    static String bytes(long bytes) {
        double mebibytes = bytes / (1024.0 * 1024);
        return mebibytes >= 1024
                ? String.format(Locale.ROOT, "%.1f GiB", mebibytes / 1024)
                : String.format(Locale.ROOT, "%.0f MiB", Math.ceil(mebibytes));
    }
}
