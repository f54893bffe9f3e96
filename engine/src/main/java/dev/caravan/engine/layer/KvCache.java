package dev.caravan.engine.layer;

import java.util.Arrays;

/**
 * The keys and values of one sequence: a table of pages of a {@link KvPagePool}, of which the first may be shared with
 * other sequences. Only pages that no one else holds are written to, or rows of a shared page that no other holder
 * reads. For the pool's thread; the pages go back when it is closed.
 */
public final class KvCache implements AutoCloseable {
    private final KvPagePool pool;
    private int[] pages = new int[8];
    private int pageCount;

    /** An empty cache. */
    public KvCache(KvPagePool pool) {
        this.pool = pool;
    }

    /** The pages that it holds. */
    public int pageCount() {
        return pageCount;
    }

    /** The pool's number of its page at {@code index}. */
    public int page(int index) {
        if (index >= pageCount) {
            throw new IndexOutOfBoundsException("page %d of %d".formatted(index, pageCount));
        }
        return pages[index];
    }

    /** The tokens for which there is room. */
    public int capacityTokens() {
        return pageCount * KvPagePool.PAGE_TOKENS;
    }

    /**
     * Makes room for the positions below {@code tokens}.
     *
     * @return false if the pool has too few pages; those that it had stay
     */
    public boolean reserve(int tokens) {
        while (capacityTokens() < tokens) {
            int page = pool.take();
            if (page == KvPagePool.NONE) {
                return false;
            }
            add(page);
        }
        return true;
    }

    /** Appends a page of another holder and holds it too. */
    public void share(int page) {
        pool.retain(page);
        add(page);
    }

    /**
     * Appends a copy of a page of another holder.
     *
     * @return false if the pool has no page left
     */
    public boolean copy(int page) {
        int own = pool.take();
        if (own == KvPagePool.NONE) {
            return false;
        }
        pool.copy(page, own);
        add(own);
        return true;
    }

    /** Holds a page with the same content in the place of its own. */
    public void replace(int index, int page) {
        pool.retain(page);
        pool.release(pages[index]);
        pages[index] = page;
    }

    private void add(int page) {
        if (pageCount == pages.length) {
            pages = Arrays.copyOf(pages, 2 * pageCount);
        }
        pages[pageCount++] = page;
    }

    void write(int layer, int position, float[] keys, float[] values, int offset) {
        int page = pages[position / KvPagePool.PAGE_TOKENS];
        pool.write(page, layer, position % KvPagePool.PAGE_TOKENS, keys, values, offset);
    }

    void readKeys(int layer, int head, int index, int tokens, AttentionScratch scratch, KvPagePool.Rows out) {
        pool.readKeys(pages[index], layer, head, tokens, scratch, out);
    }

    void readValues(int layer, int head, int index, int tokens, AttentionScratch scratch, KvPagePool.Rows out) {
        pool.readValues(pages[index], layer, head, tokens, scratch, out);
    }

    /** Gives all pages back; the cache is empty and can be used again. */
    @Override
    public void close() {
        for (int i = 0; i < pageCount; i++) {
            pool.release(pages[i]);
        }
        pageCount = 0;
    }
}
