package dev.caravan.bench;

import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.LanguageModels;
import dev.caravan.engine.LoadOptions;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.generate.Generation;
import dev.caravan.engine.generate.GenerationListener;
import dev.caravan.engine.generate.GenerationRequest;
import dev.caravan.engine.generate.SamplingParameters;
import dev.caravan.engine.generate.ServedAdapter;
import dev.caravan.engine.generate.TokenConstraint;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Decoders;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * Requests that run together: the tokens per second of all answers, for a growing number of requests, of the model
 * alone and with two adapters in turn.
 */
record BatchBench(Path model, int threads, int rounds) implements Bench {
    private static final int[] REQUESTS = {1, 2, 4, 8};
    private static final int CONTEXT_TOKENS = 1024;
    private static final int PROMPT_TOKENS = 32;
    private static final int ANSWER_TOKENS = 64;
    private static final int ADAPTER_RANK = 16;

    /** Prints every figure and, as the last lines, the medians with what one request would take alone as 1. */
    @Override
    public void run(PrintStream out, Path results) throws IOException {
        List<Results.Figure> figures = new ArrayList<>();
        LoadOptions options =
                new LoadOptions(threads, CONTEXT_TOKENS, LoadOptions.defaults().memoryBudgetBytes());
        try (LanguageModel loaded = LanguageModels.load(model, options, "not needed");
                ServedAdapter first = loaded.serve("first", adapter(1));
                ServedAdapter second = loaded.serve("second", adapter(2))) {
            List<ServedAdapter> adapters = List.of(first, second);
            int run = 0;
            for (int round = 0; round <= rounds; round++) {
                for (int requests : REQUESTS) {
                    double speed = tokensPerSecond(loaded, requests, List.of(), run++);
                    double adapted = tokensPerSecond(loaded, requests, adapters, run++);
                    // Round 0 warms up.
                    if (round > 0) {
                        out.printf(
                                Locale.ROOT,
                                "round %d  %d requests %8.1f tok/s, with adapters %8.1f%n",
                                round,
                                requests,
                                speed,
                                adapted);
                        figures.add(new Results.Figure("caravan-" + requests, round, speed));
                        figures.add(new Results.Figure("caravan-adapters-" + requests, round, adapted));
                    }
                }
            }
        }
        Results all = new Results("batch", model, threads, figures);
        out.printf(
                Locale.ROOT,
                "%s, %d threads, %d tokens each, median of %d (%s)%n",
                model.getFileName(),
                threads,
                ANSWER_TOKENS,
                rounds,
                all.write(results));
        double one = all.median("caravan-1");
        for (int requests : REQUESTS) {
            double together = all.median("caravan-" + requests);
            double adapted = all.median("caravan-adapters-" + requests);
            out.printf(
                    Locale.ROOT,
                    "%d requests: %.1f tok/s, %.2f times one; with adapters %.1f, %.2f of that%n",
                    requests,
                    together,
                    together / one,
                    adapted,
                    adapted / together);
        }
    }

    /** On every linear layer; adds so little that the answers, and with them what guesses gain, stay the same. */
    private LoraAdapter adapter(long seed) {
        try (Checkpoint checkpoint = GgufCheckpoint.open(model)) {
            Decoder decoder = Decoders.load(checkpoint);
            LoraAdapter adapter = LoraAdapter.initial(LoraConfig.of(ADAPTER_RANK, ADAPTER_RANK), decoder, seed);
            adapter.modules().forEach(module -> Arrays.fill(module.b(), 1e-7f));
            return adapter;
        }
    }

    /** Prompts differ from run to run, so that nothing is found in the cache, and end tokens are not drawn. */
    private static double tokensPerSecond(LanguageModel model, int requests, List<ServedAdapter> adapters, int run) {
        TokenConstraint withoutEnd = (generated, count, logits) ->
                model.tokenizer().endTokens().forEach(token -> logits[token] = Float.NEGATIVE_INFINITY);
        List<GenerationRequest> all = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            int[] prompt = new int[PROMPT_TOKENS];
            for (int t = 0; t < PROMPT_TOKENS; t++) {
                prompt[t] = 1000 + (run * 101 + i * 31 + t * 7) % 10_000;
            }
            GenerationRequest request = new GenerationRequest(
                    prompt, SamplingParameters.GREEDY, ANSWER_TOKENS, List.of(), () -> false, withoutEnd);
            all.add(adapters.isEmpty() ? request : request.withAdapter(adapters.get(i % adapters.size()), 1));
        }
        GenerationListener silent = text -> {};
        long start = System.nanoTime();
        List<Generation> generations = model.generateAll(all, Collections.nCopies(requests, silent));
        double seconds = (System.nanoTime() - start) * 1e-9;
        return generations.stream().mapToInt(Generation::completionTokens).sum() / seconds;
    }
}
