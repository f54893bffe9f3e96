package dev.caravan.engine.generate;

import dev.caravan.engine.layer.KvPagePool;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values that other sequences can start from, by the tokens that they were computed for. A tree of blocks of
 * {@link KvPagePool#PAGE_TOKENS} tokens: a block is found by the block before it and by its own tokens, which are
 * compared, so that what is found was computed for exactly these tokens. Full blocks are shared; of a block that agrees
 * only in its beginning (or that is not full yet) a copy is made. Exact: a key depends on nothing but the tokens up to
 * its own and the weights; sequences with different adapters, or with one at different scales, have trees of their own.
 *
 * <p>The cache holds every page that it knows. A page that no one else holds goes back to the pool when {@link #evict}
 * is asked for one: the least recently used of those with no block after it. For the scheduler's thread.
 */
final class PrefixCache {

    /**
     * The weights that keys and values are computed with.
     *
     * @param adapter the hash of what is added to the base, or the empty string
     */
    record Space(String adapter, float scale) {
        static final Space BASE = new Space("", 0);
    }

    /** A block and its place. Whoever holds a block's page holds the pages of all blocks before it. */
    static final class Node {
        private final @Nullable Node parent;
        private final Block block;
        private final int page;
        private final Map<Block, Node> children = new HashMap<>();
        private long lastUsed;
        /** Its adapter left: nothing is found by it, nothing is added to it. */
        private boolean isDropped;

        private Node(@Nullable Node parent, Block block, int page) {
            this.parent = parent;
            this.block = block;
            this.page = page;
        }
    }

    /** Tokens as a key. */
    private static final class Block {
        private final int[] tokens;
        private final int hash;

        Block(int[] source, int from, int count) {
            this.tokens = Arrays.copyOfRange(source, from, from + count);
            this.hash = Arrays.hashCode(tokens);
        }

        boolean isFull() {
            return tokens.length == KvPagePool.PAGE_TOKENS;
        }

        /** How many of the source's tokens agree with the first of the block. */
        int common(int[] source, int from, int most) {
            int end = Math.min(most, tokens.length);
            int mismatch = Arrays.mismatch(tokens, 0, end, source, from, from + end);
            return mismatch < 0 ? end : mismatch;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Block block && hash == block.hash && Arrays.equals(tokens, block.tokens);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    private final KvPagePool pool;
    /** The nodes before the first blocks. A tree without blocks has none. */
    private final Map<Space, Node> roots = new HashMap<>();

    private final Set<Node> nodes = new LinkedHashSet<>();
    private long clock;

    PrefixCache(KvPagePool pool) {
        this.pool = pool;
    }

    /** The pages that it holds. */
    int pages() {
        return nodes.size();
    }

    /** The pages that {@link #evict} can give back, one after another. */
    int evictablePages() {
        int count = 0;
        for (Node node : nodes) {
            count += pool.references(node.page) == 1 ? 1 : 0;
        }
        return count;
    }

    /**
     * Gives a sequence at the border of a block what is known of its next tokens; the last token is left to feed, for
     * its logits.
     *
     * @return how many tokens were found
     */
    int extend(Sequence sequence) {
        int before = sequence.fed;
        if (before != sequence.cache.capacityTokens() || before != sequence.blocks * KvPagePool.PAGE_TOKENS) {
            return 0;
        }
        Node last = sequence.node == null ? roots.get(sequence.space) : sequence.node;
        if (last == null) {
            return 0;
        }
        int most = sequence.length - 1;
        while (sequence.fed + KvPagePool.PAGE_TOKENS <= most) {
            Block next = new Block(sequence.tokens, sequence.fed, KvPagePool.PAGE_TOKENS);
            Node node = last.children.get(next);
            if (node == null) {
                break;
            }
            sequence.cache.share(node.page);
            sequence.fed += KvPagePool.PAGE_TOKENS;
            sequence.node = node;
            sequence.blocks++;
            last = node;
        }
        copyBeginning(sequence, last, most);
        touch(last);
        return sequence.fed - before;
    }

    private void copyBeginning(Sequence sequence, Node last, int most) {
        int longest = 0;
        Node best = last;
        for (Node node : last.children.values()) {
            int common = node.block.common(sequence.tokens, sequence.fed, most - sequence.fed);
            if (common > longest) {
                longest = common;
                best = node;
            }
        }
        if (longest == 0) {
            return;
        }
        // Held, so that making room for the copy does not evict what is to be copied.
        pool.retain(best.page);
        boolean isCopied = sequence.cache.copy(best.page);
        while (!isCopied && evict()) {
            isCopied = sequence.cache.copy(best.page);
        }
        pool.release(best.page);
        if (isCopied) {
            sequence.fed += longest;
            best.lastUsed = ++clock;
        }
    }

    /**
     * Takes in the full blocks that were fed since the last time, unless their adapter left.
     *
     * @param withLast whether the last block is taken in as well although it is not full: its page may be copied from
     *     while the sequence goes on writing behind the tokens of now
     */
    void remember(Sequence sequence, boolean withLast) {
        int known = sequence.blocks * KvPagePool.PAGE_TOKENS;
        Node last = sequence.node;
        if (sequence.isForgotten() || (last != null && last.isDropped)) {
            return;
        }
        boolean isNews = known + KvPagePool.PAGE_TOKENS <= sequence.fed || (withLast && known < sequence.fed);
        if (last == null && isNews) {
            last = roots.computeIfAbsent(sequence.space, space -> new Node(null, new Block(new int[0], 0, 0), 0));
        }
        if (last == null) {
            return;
        }
        for (; known + KvPagePool.PAGE_TOKENS <= sequence.fed; known += KvPagePool.PAGE_TOKENS) {
            Block block = new Block(sequence.tokens, known, KvPagePool.PAGE_TOKENS);
            Node node = last.children.get(block);
            if (node == null) {
                node = add(last, block, sequence.cache.page(sequence.blocks));
            } else if (node.page != sequence.cache.page(sequence.blocks)) {
                sequence.cache.replace(sequence.blocks, node.page);
            }
            sequence.node = node;
            sequence.blocks++;
            last = node;
        }
        if (withLast && known < sequence.fed) {
            rememberBeginning(sequence, last, known);
        }
        touch(last);
    }

    private void rememberBeginning(Sequence sequence, Node last, int known) {
        Block block = new Block(sequence.tokens, known, sequence.fed - known);
        for (Node node : last.children.values()) {
            if (node.block.common(block.tokens, 0, block.tokens.length) == block.tokens.length) {
                node.lastUsed = ++clock;
                return;
            }
        }
        add(last, block, sequence.cache.page(sequence.blocks));
    }

    /** Adds a block in the place of those that are its beginning. */
    private Node add(Node parent, Block block, int page) {
        parent.children.values().removeIf(node -> {
            boolean isBeginning = !node.block.isFull()
                    && node.block.common(block.tokens, 0, block.tokens.length) == node.block.tokens.length;
            if (isBeginning) {
                nodes.remove(node);
                pool.release(node.page);
            }
            return isBeginning;
        });
        Node node = new Node(parent, block, page);
        pool.retain(page);
        parent.children.put(block, node);
        nodes.add(node);
        node.lastUsed = ++clock;
        return node;
    }

    private void touch(Node last) {
        clock++;
        for (Node node = last; node != null; node = node.parent) {
            node.lastUsed = clock;
        }
    }

    /**
     * Gives the page back that was not used for the longest time.
     *
     * @return false if others hold all pages
     */
    boolean evict() {
        Node oldest = null;
        for (Node node : nodes) {
            boolean isFree = node.children.isEmpty() && pool.references(node.page) == 1;
            if (isFree && (oldest == null || node.lastUsed < oldest.lastUsed)) {
                oldest = node;
            }
        }
        if (oldest == null) {
            return false;
        }
        remove(oldest);
        return true;
    }

    private void remove(Node leaf) {
        nodes.remove(leaf);
        Node parent = leaf.parent;
        if (parent != null) {
            parent.children.remove(leaf.block);
            if (parent.parent == null && parent.children.isEmpty()) {
                roots.values().remove(parent);
            }
        }
        pool.release(leaf.page);
    }

    /** Gives back what was computed with an adapter, at whatever scale. Sequences that run keep their own pages. */
    void drop(String adapter) {
        ArrayDeque<Node> dropped = new ArrayDeque<>();
        roots.entrySet().removeIf(entry -> {
            boolean isOfAdapter = entry.getKey().adapter().equals(adapter);
            if (isOfAdapter) {
                dropped.addAll(entry.getValue().children.values());
            }
            return isOfAdapter;
        });
        while (!dropped.isEmpty()) {
            Node node = dropped.remove();
            dropped.addAll(node.children.values());
            node.children.clear();
            node.isDropped = true;
            nodes.remove(node);
            pool.release(node.page);
        }
    }
}
