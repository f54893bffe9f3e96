package dev.caravan.bench;

import dev.caravan.engine.train.dataset.TrainingExample;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Caravan and PEFT in turn train an adapter of rank 16 on all linear layers of one model. Each round starts both
 * programs anew, so that a side's peak memory is its own; a program's first step warms it up and is not counted.
 *
 * @param model what Caravan loads
 * @param megabytes what Caravan may use beside the weights; of how many layers it keeps the activations follows from it
 * @param peerModel what the peer loads: the same weights, of 16 bits or in bitsandbytes' 4
 * @param peer how the peer is started, but for its arguments
 */
record TrainBench(Lengths lengths, Path model, int megabytes, Path peerModel, Peer peer, int threads, int rounds)
        implements Bench {

    /** Which examples are learned. */
    enum Lengths {
        /** One example of 512 tokens to a step, all of them learned. */
        EVEN("train", 1, TrainingExamples.LONGEST),
        /** 64 to 512 tokens: the peer pads four of them to the longest, Caravan packs as many as fit in as many tokens. */
        UNEVEN("train-uneven", 4, 2 * TrainingExamples.LONGEST);

        private final String label;
        private final int peerBatch;
        private final int tokensPerBatch;

        Lengths(String label, int peerBatch, int tokensPerBatch) {
            this.label = label;
            this.peerBatch = peerBatch;
            this.tokensPerBatch = tokensPerBatch;
        }

        private double speed(TrainingSteps steps) {
            return switch (this) {
                case EVEN -> steps.medianSpeed();
                case UNEVEN -> steps.overallSpeed();
            };
        }
    }

    /**
     * The peer's program.
     *
     * @param python an interpreter that has torch, transformers, PEFT and bitsandbytes
     * @param script for {@link Lengths#EVEN} also one that takes the arguments MODEL TOKENS BATCH 4bit gc
     */
    record Peer(Path python, Path script) {
        static final Path OWN = Path.of("bench", "peers", "qlora.py");

        private List<String> command(Path model, Path examples, Lengths lengths, int threads) {
            List<String> arguments = script.equals(OWN)
                    ? List.of(examples.toString(), String.valueOf(lengths.peerBatch), String.valueOf(threads))
                    : List.of(String.valueOf(TrainingExamples.LONGEST), "1", "4bit", "gc");
            List<String> command = new ArrayList<>(List.of(python.toString(), script.toString(), model.toString()));
            command.addAll(arguments);
            return command;
        }
    }

    /** The heap for what lives short, as {@code ./caravan train} has it. */
    private static final int NEW_MEGABYTES = 256;

    /** Prints each step and, as the last line, the ratios of speed and of peak memory. */
    @Override
    public void run(PrintStream out, Path results) throws IOException {
        Path examples = Files.createTempFile("caravan-bench", ".txt");
        List<Results.Figure> figures = new ArrayList<>();
        try {
            int vocabulary = TrainSide.vocabulary(model);
            List<TrainingExample> all = switch (lengths) {
                case EVEN -> TrainingExamples.even(vocabulary);
                case UNEVEN -> TrainingExamples.uneven(vocabulary);
            };
            TrainingExamples.write(examples, all);
            for (int round = 1; round <= rounds; round++) {
                figures.add(side("caravan", round, TrainingSteps.run("caravan", caravan(examples), out), out));
                List<String> command = peer.command(peerModel, examples, lengths, threads);
                figures.add(side("peft", round, TrainingSteps.run("peft", command, out), out));
            }
        } finally {
            Files.delete(examples);
        }
        summarise(new Results(lengths.label, model, threads, figures), out, results);
    }

    private Results.Figure side(String engine, int round, TrainingSteps steps, PrintStream out) {
        Results.Figure figure = new Results.Figure(engine, round, lengths.speed(steps), steps.peakGigabytes());
        out.printf(
                Locale.ROOT,
                "round %d  %-8s %6.1f tok/s, peak %.2f GB%n",
                round,
                engine,
                figure.tokensPerSecond(),
                figure.peakGigabytes());
        return figure;
    }

    private List<String> caravan(Path examples) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(List.of(
                "-XX:+UseParallelGC",
                "-XX:MaxNewSize=%dm".formatted(NEW_MEGABYTES),
                "-Xmx%dm".formatted(megabytes + megabytes / 16 + NEW_MEGABYTES)));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), TrainSide.class.getName()));
        command.addAll(List.of(
                model.toString(),
                examples.toString(),
                String.valueOf(lengths.tokensPerBatch),
                String.valueOf(threads),
                String.valueOf(megabytes)));
        return command;
    }

    private void summarise(Results all, PrintStream out, Path results) throws IOException {
        Path file = all.write(results);
        double caravan = all.median("caravan");
        double peft = all.median("peft");
        double caravanPeak = all.highestPeak("caravan");
        double peftPeak = all.highestPeak("peft");
        out.printf(
                Locale.ROOT,
                "%s of %s, %d threads, median of %d: Caravan %.1f tok/s and %.2f GB, PEFT %.1f tok/s and %.2f GB (%s)%n",
                all.work(),
                model.getFileName(),
                threads,
                rounds,
                caravan,
                caravanPeak,
                peft,
                peftPeak,
                file);
        out.printf(Locale.ROOT, "ratio=%.3f memory_ratio=%.3f%n", caravan / peft, caravanPeak / peftPeak);
    }
}
