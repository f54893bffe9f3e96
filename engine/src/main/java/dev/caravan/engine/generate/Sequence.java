package dev.caravan.engine.generate;

import dev.caravan.engine.layer.KvCache;
import dev.caravan.engine.layer.KvPagePool;
import java.util.Arrays;

/**
 * The tokens of a prompt and its answer, and how many of them have keys and values. For the scheduler's thread.
 *
 * <p>It is in the {@link PrefixCache} with all its full blocks: {@code node} is the last of these.
 */
final class Sequence {
    final KvCache cache;
    int[] tokens;
    /** The tokens that are known. */
    int length;
    /** The tokens of which the cache holds keys and values. */
    int fed;

    PrefixCache.Node node;
    /** The full blocks that the prefix cache knows. */
    int blocks;

    private final PrefixCache prefixes;

    Sequence(int[] prompt, int room, KvPagePool pool, PrefixCache prefixes) {
        this.cache = new KvCache(pool);
        this.tokens = Arrays.copyOf(prompt, prompt.length + Math.min(room, KvPagePool.PAGE_TOKENS));
        this.length = prompt.length;
        this.prefixes = prefixes;
        this.node = prefixes.root();
    }

    /** The tokens that were not fed. */
    int pending() {
        return length - fed;
    }

    void append(int token) {
        reserve(1);
        tokens[length++] = token;
    }

    /** Writes guesses behind the known tokens; what is appended takes their place. */
    void guess(int[] draft) {
        reserve(draft.length);
        System.arraycopy(draft, 0, tokens, length, draft.length);
    }

    private void reserve(int more) {
        if (length + more > tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(length + more, tokens.length + tokens.length / 2));
        }
    }

    /** Gives the pages back, those that others may want to the prefix cache. The tokens stay. */
    void release() {
        prefixes.remember(this, true);
        cache.close();
        fed = 0;
        blocks = 0;
        node = prefixes.root();
    }
}
