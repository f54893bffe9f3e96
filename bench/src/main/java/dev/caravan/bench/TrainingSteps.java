package dev.caravan.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a side's program said of its steps, a line for each:
 * {@code step 0: 32.4 tok/s, loss 12.2037, peak 5.04 GB, 812 tokens of 1260}, the last part where steps differ in size.
 * A GB is a million kilobytes, as getrusage counts them.
 */
record TrainingSteps(List<Step> steps) {

    /** One step of the optimiser. */
    record Step(double tokensPerSecond, double loss, double peakGigabytes, int tokens) {}

    private static final Pattern LINE = Pattern.compile(
            "step [0-9]+: ([0-9.]+) tok/s, loss ([0-9.]+), peak ([0-9.]+) GB(?:, ([0-9]+) tokens of [0-9]+)?");

    TrainingSteps {
        if (steps.size() < 2) {
            throw new IllegalArgumentException("a first step to warm up and one more are needed, got " + steps.size());
        }
    }

    /** The line that {@link #run} reads. */
    static String line(int step, double tokensPerSecond, double loss, double peakGigabytes, int tokens) {
        return String.format(
                Locale.ROOT,
                "step %d: %.2f tok/s, loss %.4f, peak %.3f GB, %d tokens of %d",
                step,
                tokensPerSecond,
                loss,
                peakGigabytes,
                tokens,
                tokens);
    }

    /**
     * Runs a program and reads its lines as they come; each step is shown.
     *
     * @throws IOException if the program fails; what it said last is then shown
     */
    static TrainingSteps run(String side, List<String> command, PrintStream out) throws IOException {
        Path errors = Files.createTempFile("caravan-bench", ".log");
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        List<Step> steps = new ArrayList<>();
        try (BufferedReader reader = process.inputReader()) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                Matcher matcher = LINE.matcher(line);
                if (matcher.matches()) {
                    steps.add(step(matcher));
                    out.printf("%-8s %s%n", side, line);
                }
            }
            int status = process.waitFor();
            if (status != 0 || steps.size() < 2) {
                throw new IOException("%s ended with %d after %d steps: %s%nIt ran: %s"
                        .formatted(side, status, steps.size(), end(errors), String.join(" ", command)));
            }
        } catch (InterruptedException interruption) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while %s ran".formatted(side), interruption);
        } finally {
            process.destroy();
            Files.delete(errors);
        }
        return new TrainingSteps(steps);
    }

    private static Step step(Matcher matcher) {
        return new Step(
                Double.parseDouble(matcher.group(1)),
                Double.parseDouble(matcher.group(2)),
                Double.parseDouble(matcher.group(3)),
                matcher.group(4) == null ? 1 : Integer.parseInt(matcher.group(4)));
    }

    private static String end(Path errors) throws IOException {
        List<String> lines = Files.readAllLines(errors);
        return String.join(System.lineSeparator(), lines.subList(Math.max(0, lines.size() - 10), lines.size()));
    }

    /** The median of all steps but the first, for steps of one size. */
    double medianSpeed() {
        double[] sorted = steps.stream()
                .skip(1)
                .mapToDouble(Step::tokensPerSecond)
                .sorted()
                .toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** All tokens over all seconds of all steps but the first. */
    double overallSpeed() {
        double tokens = steps.stream().skip(1).mapToDouble(Step::tokens).sum();
        double seconds = steps.stream()
                .skip(1)
                .mapToDouble(step -> step.tokens / step.tokensPerSecond)
                .sum();
        return tokens / seconds;
    }

    double peakGigabytes() {
        return steps.getLast().peakGigabytes;
    }
}
