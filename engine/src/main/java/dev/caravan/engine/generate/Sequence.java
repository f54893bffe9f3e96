package dev.caravan.engine.generate;

import dev.caravan.engine.layer.BoundAdapter;
import dev.caravan.engine.layer.KvCache;
import dev.caravan.engine.layer.KvPagePool;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

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

    /** Null before the first block. */
    PrefixCache.@Nullable Node node;
    /** The full blocks that the prefix cache knows. */
    int blocks;

    /** What the keys and values are computed with: only sequences with the same can share them. */
    final PrefixCache.Space space;
    /** What is added to the base, or null. */
    final @Nullable BoundAdapter adapter;

    private final PrefixCache prefixes;
    private final BooleanSupplier isForgotten;

    /** A sequence of the base alone. */
    Sequence(int[] prompt, int room, KvPagePool pool, PrefixCache prefixes) {
        this(prompt, room, pool, prefixes, null);
    }

    /** @param choice the adapter, or null */
    Sequence(int[] prompt, int room, KvPagePool pool, PrefixCache prefixes, @Nullable AdapterChoice choice) {
        // Nothing is added at scale 0: then it is the base's, keys and values included.
        AdapterChoice used = choice == null || choice.scale() == 0 ? null : choice;
        this.space = used == null
                ? PrefixCache.Space.BASE
                : new PrefixCache.Space(used.adapter().hash(), used.scale());
        this.adapter = used == null ? null : used.bound();
        this.isForgotten = used == null ? () -> false : used.adapter()::isClosed;
        this.cache = new KvCache(pool);
        this.tokens = Arrays.copyOf(prompt, prompt.length + Math.min(room, KvPagePool.PAGE_TOKENS));
        this.length = prompt.length;
        this.prefixes = prefixes;
    }

    /** Whether nobody may start from its keys and values any more. */
    boolean isForgotten() {
        return isForgotten.getAsBoolean();
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
        node = null;
    }
}
