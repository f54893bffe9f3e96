package dev.caravan.bench;

import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.LanguageModels;
import dev.caravan.engine.LoadOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Caravan and llama.cpp in turn on one model: what moves the machine's speed moves both sides. Each side warms up
 * before it is measured.
 *
 * @param peer llama.cpp's program {@code llama-bench}
 */
record EndToEndBench(Work work, Path model, Path peer, int threads, int rounds) {

    /** What is measured. */
    enum Work {
        /** An answer of 64 tokens from an empty context. */
        DECODE,
        /** A prompt of 512 tokens. */
        PREFILL;

        static Work named(String name) {
            return switch (name) {
                case "decode" -> DECODE;
                case "prefill" -> PREFILL;
                default ->
                    throw new IllegalArgumentException("bench knows decode and prefill, not '%s'.".formatted(name));
            };
        }

        /** The name as on the command line. */
        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** One line of the results: tokens per second of one side in one round. */
    private record Figure(String engine, int round, double tokensPerSecond) {}

    private static final int CONTEXT_TOKENS = 1024;

    /** Prints every figure and, as the last line, {@code ratio=} Caravan's median over the peer's. */
    void run(PrintStream out, Path results) throws IOException {
        List<Figure> figures = new ArrayList<>();
        LoadOptions options =
                new LoadOptions(threads, CONTEXT_TOKENS, LoadOptions.defaults().memoryBudgetBytes());
        try (LanguageModel loaded = LanguageModels.load(model, options, "not needed")) {
            CaravanSide caravan = new CaravanSide(loaded, work);
            PeerSide llamaCpp = new PeerSide(peer, model, work, threads);
            caravan.warmUp();
            for (int round = 1; round <= rounds; round++) {
                figures.add(report(out, new Figure("caravan", round, caravan.tokensPerSecond())));
                figures.add(report(out, new Figure("llama.cpp", round, llamaCpp.tokensPerSecond())));
            }
        }
        Path file = write(results, figures);
        double caravan = median(figures, "caravan");
        double llamaCpp = median(figures, "llama.cpp");
        out.printf(
                Locale.ROOT,
                "%s of %s, %d threads, median of %d: Caravan %.1f tok/s, llama.cpp %.1f tok/s (%s)%n",
                work.label(),
                model.getFileName(),
                threads,
                rounds,
                caravan,
                llamaCpp,
                file);
        out.printf(Locale.ROOT, "ratio=%.3f%n", caravan / llamaCpp);
    }

    private static Figure report(PrintStream out, Figure figure) {
        out.printf(Locale.ROOT, "round %d  %-9s %8.1f tok/s%n", figure.round, figure.engine, figure.tokensPerSecond);
        return figure;
    }

    private static double median(List<Figure> figures, String engine) {
        double[] sorted = figures.stream()
                .filter(figure -> figure.engine.equals(engine))
                .mapToDouble(Figure::tokensPerSecond)
                .sorted()
                .toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** A new file for each run, named by its time. */
    private Path write(Path results, List<Figure> figures) throws IOException {
        LocalDateTime now = LocalDateTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS);
        List<String> lines = new ArrayList<>();
        lines.add("time,processor,model,work,threads,engine,round,tokens_per_second");
        String processor = processor();
        for (Figure figure : figures) {
            lines.add("%s,%s,%s,%s,%d,%s,%d,%s"
                    .formatted(
                            now,
                            processor,
                            model.getFileName(),
                            work.label(),
                            threads,
                            figure.engine,
                            figure.round,
                            String.format(Locale.ROOT, "%.2f", figure.tokensPerSecond)));
        }
        Files.createDirectories(results);
        Path file = results.resolve("%s-%s.csv".formatted(now.toString().replace(":", ""), work.label()));
        return Files.write(file, lines, StandardOpenOption.CREATE_NEW);
    }

    private static String processor() throws IOException {
        Path cpuinfo = Path.of("/proc/cpuinfo");
        if (!Files.isReadable(cpuinfo)) {
            return System.getProperty("os.arch");
        }
        try (var lines = Files.lines(cpuinfo)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip().replace(',', ' '))
                    .orElse(System.getProperty("os.arch"));
        }
    }
}
