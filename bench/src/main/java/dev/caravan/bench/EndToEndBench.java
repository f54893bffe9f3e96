package dev.caravan.bench;

import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.LanguageModels;
import dev.caravan.engine.LoadOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Caravan and llama.cpp in turn on one model: what moves the machine's speed moves both sides. Each side warms up
 * before it is measured.
 *
 * @param peer llama.cpp's program {@code llama-bench}
 */
record EndToEndBench(Work work, Path model, Path peer, int threads, int rounds) implements Bench {

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
                    throw new IllegalArgumentException(
                            "bench knows decode, prefill, batch and train, not '%s'.".formatted(name));
            };
        }

        /** The name as on the command line. */
        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final int CONTEXT_TOKENS = 1024;

    /** Prints every figure and, as the last line, {@code ratio=} Caravan's median over the peer's. */
    @Override
    public void run(PrintStream out, Path results) throws IOException {
        List<Results.Figure> figures = new ArrayList<>();
        LoadOptions options =
                new LoadOptions(threads, CONTEXT_TOKENS, LoadOptions.defaults().memoryBudgetBytes());
        try (LanguageModel loaded = LanguageModels.load(model, options, "not needed")) {
            CaravanSide caravan = new CaravanSide(loaded, work);
            PeerSide llamaCpp = new PeerSide(peer, model, work, threads);
            caravan.warmUp();
            for (int round = 1; round <= rounds; round++) {
                figures.add(report(out, new Results.Figure("caravan", round, caravan.tokensPerSecond())));
                figures.add(report(out, new Results.Figure("llama.cpp", round, llamaCpp.tokensPerSecond())));
            }
        }
        Results all = new Results(work.label(), model, threads, figures);
        Path file = all.write(results);
        double caravan = all.median("caravan");
        double llamaCpp = all.median("llama.cpp");
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

    private static Results.Figure report(PrintStream out, Results.Figure figure) {
        out.printf(
                Locale.ROOT, "round %d  %-9s %8.1f tok/s%n", figure.round(), figure.engine(), figure.tokensPerSecond());
        return figure;
    }
}
