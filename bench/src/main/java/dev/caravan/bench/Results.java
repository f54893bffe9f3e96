package dev.caravan.bench;

import java.io.IOException;
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
 * The figures of one run of a benchmark.
 *
 * @param work what was measured, as on the command line
 */
record Results(String work, Path model, int threads, List<Figure> figures) {

    /**
     * Tokens per second of one side, or of one number of requests, in one round.
     *
     * @param peakGigabytes of memory, in millions of kilobytes; 0 where it was not measured
     */
    record Figure(String engine, int round, double tokensPerSecond, double peakGigabytes) {
        Figure(String engine, int round, double tokensPerSecond) {
            this(engine, round, tokensPerSecond, 0);
        }
    }

    double highestPeak(String engine) {
        return figures.stream()
                .filter(figure -> figure.engine.equals(engine))
                .mapToDouble(Figure::peakGigabytes)
                .max()
                .orElse(0);
    }

    double median(String engine) {
        double[] sorted = figures.stream()
                .filter(figure -> figure.engine.equals(engine))
                .mapToDouble(Figure::tokensPerSecond)
                .sorted()
                .toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** Writes a new file, named by the time. */
    Path write(Path folder) throws IOException {
        LocalDateTime now = LocalDateTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS);
        List<String> lines = new ArrayList<>();
        boolean hasPeaks = figures.stream().anyMatch(figure -> figure.peakGigabytes > 0);
        lines.add("time,processor,model,work,threads,engine,round,tokens_per_second"
                + (hasPeaks ? ",peak_gigabytes" : ""));
        String processor = processor();
        for (Figure figure : figures) {
            lines.add("%s,%s,%s,%s,%d,%s,%d,%s%s"
                    .formatted(
                            now,
                            processor,
                            model.getFileName(),
                            work,
                            threads,
                            figure.engine,
                            figure.round,
                            String.format(Locale.ROOT, "%.2f", figure.tokensPerSecond),
                            hasPeaks ? String.format(Locale.ROOT, ",%.3f", figure.peakGigabytes) : ""));
        }
        Files.createDirectories(folder);
        Path file = folder.resolve("%s-%s.csv".formatted(now.toString().replace(":", ""), work));
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
