package dev.caravan.engine;

import dev.caravan.engine.generate.BatchScheduler;
import dev.caravan.engine.generate.BatchScheduler.Limits;
import dev.caravan.engine.model.DecoderConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What fits the memory beside a model's weights, before any of it is allocated: the context and the KV cache. */
final class GenerationLimits {
    private static final Logger log = LoggerFactory.getLogger(GenerationLimits.class);

    /** The least context that is worth loading a model for, unless less was asked for: a question, a passage, an answer. */
    static final int MIN_CONTEXT_TOKENS = 1024;

    /** More full contexts than this are kept only on demand: answers that run together are mostly shorter. */
    private static final int CONTEXTS = 4;

    /** Of the memory that is left with one context, the cache takes one part in so many: other programs need some too. */
    private static final int SHARE = 4;

    private GenerationLimits() {}

    /**
     * The longest context that the model, the options and the memory allow, and the pages of its KV cache: one full
     * context at least.
     *
     * @throws OutOfMemoryBudgetException if {@link #MIN_CONTEXT_TOKENS}, or what was asked for if less, does not fit
     */
    static Limits of(LoadedDecoder loaded, LoadOptions options) {
        DecoderConfig config = loaded.decoder().config();
        long free = options.memoryBudgetBytes() - loaded.weightBytes();
        int contextTokens = contextTokens(loaded, options, free);
        Limits least = Limits.least(contextTokens, options.kvCacheType());
        return new Limits(
                contextTokens,
                cachePages(config, least, options.kvCacheBytes(), free),
                BatchScheduler.MAX_RUNNING,
                options.kvCacheType());
    }

    private static int contextTokens(LoadedDecoder loaded, LoadOptions options, long free) {
        DecoderConfig config = loaded.decoder().config();
        int wanted = Math.min(config.maxPositionEmbeddings(), options.maxContextTokens());
        int least = Math.min(wanted, MIN_CONTEXT_TOKENS);
        if (leastBytes(config, least, options) > free) {
            throw new OutOfMemoryBudgetException(
                    "the model %s with a context of %d tokens"
                            .formatted(loaded.checkpoint().path().getFileName(), least),
                    loaded.weightBytes() + leastBytes(config, least, options),
                    options.memoryBudgetBytes());
        }
        int fits = least;
        for (int step = Integer.highestOneBit(wanted); step > 0; step /= 2) {
            if (fits + step <= wanted && leastBytes(config, fits + step, options) <= free) {
                fits += step;
            }
        }
        if (fits < wanted) {
            log.warn("contextTokens={} wanted={} reason=memory", fits, wanted);
        }
        return fits;
    }

    private static long leastBytes(DecoderConfig config, int contextTokens, LoadOptions options) {
        return BatchScheduler.bytes(config, Limits.least(contextTokens, options.kvCacheType()));
    }

    /** Beyond one context: what was asked for, or a share of what is left, as far as there is memory. */
    private static int cachePages(DecoderConfig config, Limits least, long wantedBytes, long free) {
        long pageBytes = config.cachePageBytes(least.cacheType());
        long oneContext = least.cachePages() * pageBytes;
        long left = free - BatchScheduler.bytes(config, least);
        long more = wantedBytes == LoadOptions.KV_CACHE_BY_MEMORY
                ? Math.min(left / SHARE, (CONTEXTS - 1) * oneContext)
                : Math.min(left, wantedBytes - oneContext);
        return Math.toIntExact(least.cachePages() + Math.max(0, more) / pageBytes);
    }
}
