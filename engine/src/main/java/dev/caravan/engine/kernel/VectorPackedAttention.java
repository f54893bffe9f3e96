package dev.caravan.engine.kernel;

import java.util.Arrays;

/**
 * Attention over packed sequences on vectors: forward a task is a {@link QueryBlock}, backward see {@link
 * AttentionGradient}. Both want heads of whole tiles; other sizes are copied to wider heads, filled up with zeros, which
 * changes no score and no sum.
 */
final class VectorPackedAttention {
    private final WorkerPool pool;
    private final Scratch scratch = new Scratch();
    private final AttentionGradient.Memory memory =
            new AttentionGradient.Memory(new Scratch(), new Scratch(), new Scratch());
    private final Scratch wide = new Scratch();

    VectorPackedAttention(WorkerPool pool) {
        this.pool = pool;
    }

    void attend(PackedAttention a) {
        AttentionShape shape = a.shape();
        if (shape.headSize() % Tile.COLUMNS == 0) {
            attendTiles(a);
            return;
        }
        int rows = a.tokens();
        float[] q = widen(a.q(), rows, shape.heads(), shape.headSize());
        float[] k = widen(a.k(), rows, shape.keyValueHeads(), shape.headSize());
        float[] v = widen(a.v(), rows, shape.keyValueHeads(), shape.headSize());
        PackedAttention widened = new PackedAttention(wider(shape), a.starts(), rows, q, k, v, q, a.logSumExp());
        attendTiles(widened);
        narrow(q, rows, shape.heads(), shape.headSize(), a.y());
        giveBack(q, k, v);
    }

    /** The result may stand in the array of the queries: a task reads its own queries before it writes in their place. */
    private void attendTiles(PackedAttention a) {
        AttentionShape shape = a.shape();
        TokenBlocks blocks = new TokenBlocks(a, Tile.COLUMNS);
        int tasks = blocks.count() * shape.heads();
        // The last blocks see most and go first, so that no thread is left with a long one.
        pool.run(tasks, task -> {
            int block = (tasks - 1 - task) / shape.heads();
            int head = (tasks - 1 - task) % shape.heads();
            int sequence = blocks.sequence(block);
            float[] work = scratch.borrow(QueryBlock.scratchSize(shape.headSize()));
            int row = a.start(sequence);
            int length = a.length(sequence);
            QueryBlock queries = new QueryBlock(shape, a.k(), a.v(), work, row, 0, length, blocks.first(block), head);
            queries.attend(a.q(), a.y());
            queries.logSumExp(a.logSumExp());
            scratch.giveBack(work);
        });
    }

    void backward(PackedAttention a, float[] dy, float[] dq, float[] dk, float[] dv) {
        AttentionShape shape = a.shape();
        if (shape.headSize() % Tile.COLUMNS == 0) {
            new AttentionGradient(a, dy, memory).run(pool, dq, dk, dv);
            return;
        }
        int rows = a.tokens();
        int heads = shape.heads();
        int keyHeads = shape.keyValueHeads();
        int size = shape.headSize();
        float[] q = widen(a.q(), rows, heads, size);
        float[] k = widen(a.k(), rows, keyHeads, size);
        float[] v = widen(a.v(), rows, keyHeads, size);
        float[] y = widen(a.y(), rows, heads, size);
        float[] wideDy = widen(dy, rows, heads, size);
        float[] wideDq = wide.borrow(rows * heads * wider(size));
        float[] wideDk = wide.borrow(rows * keyHeads * wider(size));
        float[] wideDv = wide.borrow(rows * keyHeads * wider(size));
        PackedAttention widened = new PackedAttention(wider(shape), a.starts(), rows, q, k, v, y, a.logSumExp());
        new AttentionGradient(widened, wideDy, memory).run(pool, wideDq, wideDk, wideDv);
        narrow(wideDq, rows, heads, size, dq);
        narrow(wideDk, rows, keyHeads, size, dk);
        narrow(wideDv, rows, keyHeads, size, dv);
        giveBack(q, k, v, y, wideDy, wideDq, wideDk, wideDv);
    }

    private static int wider(int headSize) {
        return (headSize + Tile.COLUMNS - 1) / Tile.COLUMNS * Tile.COLUMNS;
    }

    private static AttentionShape wider(AttentionShape shape) {
        return new AttentionShape(
                shape.heads(), shape.keyValueHeads(), wider(shape.headSize()), shape.scale(), true, shape.window());
    }

    private float[] widen(float[] x, int rows, int heads, int size) {
        int width = wider(size);
        float[] y = wide.borrow(Math.multiplyExact(rows * heads, width));
        pool.run(rows, row -> {
            for (int head = row * heads; head < (row + 1) * heads; head++) {
                System.arraycopy(x, head * size, y, head * width, size);
                Arrays.fill(y, head * width + size, (head + 1) * width, 0);
            }
        });
        return y;
    }

    private void narrow(float[] x, int rows, int heads, int size, float[] y) {
        int width = wider(size);
        pool.run(rows, row -> {
            for (int head = row * heads; head < (row + 1) * heads; head++) {
                System.arraycopy(x, head * width, y, head * size, size);
            }
        });
    }

    private void giveBack(float[]... arrays) {
        for (float[] array : arrays) {
            wide.giveBack(array);
        }
    }
}
