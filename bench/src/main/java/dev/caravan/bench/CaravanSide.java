package dev.caravan.bench;

import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.generate.Generation;
import dev.caravan.engine.generate.GenerationRequest;
import dev.caravan.engine.generate.SamplingParameters;
import java.util.List;

/**
 * Caravan's side of a benchmark, through the engine's public face: sampling and detokenising are inside the measured
 * time.
 */
final class CaravanSide {
    private static final int REPETITIONS = 3;
    private static final int WARM_UPS = 8;
    private static final int PROMPT_TOKENS = 512;
    private static final int ANSWER_TOKENS = 64;

    private final LanguageModel model;
    private final EndToEndBench.Work work;
    private int runs;

    CaravanSide(LanguageModel model, EndToEndBench.Work work) {
        this.model = model;
        this.work = work;
    }

    void warmUp() {
        for (int i = 0; i < WARM_UPS; i++) {
            run();
        }
    }

    /** The mean of a few runs, as the peer reports it. */
    double tokensPerSecond() {
        double sum = 0;
        for (int i = 0; i < REPETITIONS; i++) {
            sum += run();
        }
        return sum / REPETITIONS;
    }

    private double run() {
        runs++;
        return switch (work) {
            case PREFILL -> PROMPT_TOKENS / seconds(generate(PROMPT_TOKENS, 1));
            case DECODE -> {
                Timed timed = generate(1, ANSWER_TOKENS);
                yield timed.generation.completionTokens() / seconds(timed);
            }
        };
    }

    /** A generation and how long it took. */
    private record Timed(Generation generation, long nanos) {}

    private static double seconds(Timed timed) {
        return timed.nanos * 1e-9;
    }

    /** The first token differs from run to run, so that nothing is found in the cache. */
    private Timed generate(int promptTokens, int maxTokens) {
        int[] prompt = new int[promptTokens];
        for (int i = 0; i < promptTokens; i++) {
            prompt[i] = 1000 + (runs * 31 + i * 7) % 10_000;
        }
        GenerationRequest request =
                new GenerationRequest(prompt, SamplingParameters.GREEDY, maxTokens, List.of(), () -> false);
        long start = System.nanoTime();
        Generation generation = model.generate(request, text -> {});
        return new Timed(generation, System.nanoTime() - start);
    }
}
