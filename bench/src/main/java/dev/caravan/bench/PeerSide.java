package dev.caravan.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * llama.cpp's side of a benchmark: its program {@code llama-bench}, which warms up by itself.
 *
 * @param program the program
 */
record PeerSide(Path program, Path model, EndToEndBench.Work work, int threads) {
    private static final String SPEED = "avg_ts";

    /** The mean of three runs of the program. */
    double tokensPerSecond() throws IOException {
        String promptTokens = work == EndToEndBench.Work.PREFILL ? "512" : "0";
        String answerTokens = work == EndToEndBench.Work.DECODE ? "64" : "0";
        List<String> command = List.of(
                program.toString(),
                "-m",
                model.toString(),
                "-t",
                String.valueOf(threads),
                "-p",
                promptTokens,
                "-n",
                answerTokens,
                "-r",
                "3",
                "-o",
                "csv");
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            int status = process.waitFor();
            if (status != 0) {
                throw new IOException("%s ended with %d; try it by itself: %s"
                        .formatted(program.getFileName(), status, String.join(" ", command)));
            }
        } catch (InterruptedException interruption) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while %s ran".formatted(program.getFileName()), interruption);
        }
        return speed(output);
    }

    /** The column of tokens per second in the program's CSV: a line of names and a line of values. */
    static double speed(String csv) throws IOException {
        List<String> lines = csv.lines().filter(line -> !line.isBlank()).toList();
        if (lines.size() == 2) {
            List<String> names = List.of(lines.getFirst().split(",", -1));
            List<String> values = quoted(lines.getLast());
            int column = names.indexOf(SPEED);
            if (column >= 0 && values.size() == names.size()) {
                return Double.parseDouble(values.get(column));
            }
        }
        throw new IOException("llama-bench wrote no column %s; is it a current build?".formatted(SPEED));
    }

    /** The values of a line of the form {@code "a","b"}; values may hold commas. */
    private static List<String> quoted(String line) {
        return List.of(line.strip().replaceAll("^\"|\"$", "").split("\",\"", -1));
    }
}
