package dev.caravan.engine.generate;

/**
 * What a {@link BatchScheduler} does and did. A page holds {@code KvPagePool.PAGE_TOKENS} tokens.
 *
 * @param running the answers that share the passes
 * @param waiting the answers that wait for their turn
 * @param usedPages pages that running answers hold
 * @param cachedPages pages that the prefix cache holds, also those that running answers share
 * @param maxPages the most pages that there may be
 * @param passes passes over the weights since the start
 * @param fedTokens tokens that went through these passes
 * @param preemptions how often an answer gave its pages back before its end
 * @param draftedTokens tokens that were guessed
 * @param acceptedTokens guessed tokens that were drawn
 */
public record BatchStatistics(
        int running,
        int waiting,
        int usedPages,
        int cachedPages,
        int maxPages,
        long passes,
        long fedTokens,
        long preemptions,
        long draftedTokens,
        long acceptedTokens) {}
