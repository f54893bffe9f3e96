package dev.caravan.engine.generate;

import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.KvCacheType;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Decoders;
import dev.caravan.engine.model.Golden;
import dev.caravan.engine.tokenizer.GgufTokenizers;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A model with its tokenizer, and short ways to ask it. Owns the file and the kernels. */
final class TinyModel implements AutoCloseable {
    static final GenerationListener SILENT = text -> {};

    final Decoder decoder;
    final Kernels kernels;
    final Tokenizer tokenizer;
    private final GgufCheckpoint file;

    TinyModel(String family, Kernels kernels) {
        this(Golden.path("tiny-models/" + family + ".gguf"), kernels);
    }

    TinyModel(Path path, Kernels kernels) {
        this.file = GgufCheckpoint.open(path);
        this.kernels = kernels;
        this.decoder = Decoders.load(file);
        this.tokenizer = GgufTokenizers.fromMetadata(file.metadata());
    }

    /** A scheduler with as many pages as it ever wants. */
    BatchScheduler scheduler(int contextTokens) {
        return scheduler(contextTokens, 200, BatchScheduler.MAX_RUNNING);
    }

    BatchScheduler scheduler(int contextTokens, int pages, int maxRunning) {
        return scheduler(contextTokens, pages, maxRunning, KvCacheType.F16);
    }

    BatchScheduler scheduler(int contextTokens, int pages, int maxRunning, KvCacheType cacheType) {
        return new BatchScheduler(
                decoder, kernels, tokenizer, new BatchScheduler.Limits(contextTokens, pages, maxRunning, cacheType));
    }

    /** Tokens without meaning, others for every number. */
    static int[] prompt(int number, int length) {
        int[] tokens = new int[length];
        for (int i = 0; i < length; i++) {
            tokens[i] = 10 + (7 + 31 * number + 13 * i + i * i * (number + 1)) % 230;
        }
        return tokens;
    }

    static GenerationRequest request(int[] prompt, SamplingParameters sampling, int maxTokens) {
        return new GenerationRequest(prompt, sampling, maxTokens, List.of(), () -> false);
    }

    static GenerationRequest greedy(int[] prompt, int maxTokens) {
        return request(prompt, SamplingParameters.GREEDY, maxTokens);
    }

    static Generation generate(BatchScheduler scheduler, GenerationRequest request) {
        return scheduler.generate(List.of(request), List.of(SILENT)).getFirst();
    }

    static List<Generation> together(BatchScheduler scheduler, List<GenerationRequest> requests) {
        return scheduler.generate(
                requests, requests.stream().map(request -> SILENT).toList());
    }

    /** Each request on a scheduler of its own, so that nothing is found in a cache. */
    List<Generation> alone(int contextTokens, List<GenerationRequest> requests) {
        List<Generation> generations = new ArrayList<>();
        for (GenerationRequest request : requests) {
            try (BatchScheduler scheduler = scheduler(contextTokens)) {
                generations.add(generate(scheduler, request));
            }
        }
        return generations;
    }

    /** The counts once nothing runs any more. */
    static BatchStatistics whenIdle(BatchScheduler scheduler) {
        BatchStatistics statistics = scheduler.statistics();
        while (statistics.running() + statistics.waiting() > 0) {
            Thread.onSpinWait();
            statistics = scheduler.statistics();
        }
        return statistics;
    }

    @Override
    public void close() {
        file.close();
        kernels.close();
    }
}
