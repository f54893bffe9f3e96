package dev.caravan.engine.kernel;

import dev.caravan.engine.tensor.Tensor;
import java.util.Arrays;

/**
 * The gradient of a linear layer: {@code dx[T, I] = dy[T, O] W}.
 *
 * <p>Inputs lie in the lanes. That is how an unpacked row of weights stands already and how {@code dx} is wanted, so
 * nothing is transposed: the register tile spreads values of {@code dy} where they are. A task takes a block of {@link
 * #BLOCK_COLUMNS} inputs for up to {@link #MOST_TOKENS} tokens and walks down the outputs in slices: it unpacks a
 * slice of its block, once for all of its tokens, into strips of {@link Tile#COLUMNS} inputs, {@code
 * [strip][output][column]}, and runs the tile over all of its tokens for one strip, which stays in the first-level cache,
 * after the other.
 *
 * <p>Sums are taken in float, one chain per slice, slices added in order: a value depends on no thread and no other
 * token. The error is that of {@link MatrixProduct}. {@link VectorRows#evensFirst} dtypes leave {@code dx} in their order.
 */
final class LinearGradient {

    /** Whole blocks of any dtype. */
    private static final int BLOCK_COLUMNS = 256;

    /** Outputs of a slice; one strip of it takes {@code SLICE * COLUMNS} floats, at most 32 KiB. */
    private static final int SLICE = 256;
    /** Tokens of a task, multiples of {@link Tile#ROWS}: more share the unpacking, fewer the work. */
    private static final int MOST_TOKENS = 528;

    private static final int LEAST_TOKENS = 96;
    private static final int TASKS_PER_THREAD = 4;

    private final WorkerPool pool;
    private final Scratch panels = new Scratch();
    private final Scratch rows = new Scratch();
    private final Scratch scaleRows = new Scratch();
    private final Scratch padded = new Scratch();

    LinearGradient(WorkerPool pool) {
        this.pool = pool;
    }

    void multiply(Tensor weight, float[] dy, float[] dx, int tokens) {
        int outputs = weight.rows();
        if (tokens >= Tile.ROWS) {
            multiplyTiles(weight, dy, dx, tokens);
        } else if (tokens > 0) {
            float[] full = padded.borrow(Tile.ROWS * outputs);
            System.arraycopy(dy, 0, full, 0, tokens * outputs);
            Arrays.fill(full, tokens * outputs, Tile.ROWS * outputs, 0);
            multiplyTiles(weight, full, dx, tokens);
            padded.giveBack(full);
        }
    }

    private void multiplyTiles(Tensor weight, float[] dy, float[] dx, int tokens) {
        int blocks = (weight.columns() + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS;
        int tokensPerTask = tokensPerTask(tokens, blocks);
        int groups = (tokens + tokensPerTask - 1) / tokensPerTask;
        pool.run(blocks * groups, task -> {
            int first = task / blocks * tokensPerTask;
            int end = Math.min(tokens, first + tokensPerTask);
            block(weight, task % blocks * BLOCK_COLUMNS, dy, dx, first, end);
        });
    }

    /** No value depends on it: each is one token's. */
    private int tokensPerTask(int tokens, int blocks) {
        int groups = (TASKS_PER_THREAD * pool.threads() + blocks - 1) / blocks;
        int share = (tokens / groups + Tile.ROWS) / Tile.ROWS * Tile.ROWS;
        return Math.max(LEAST_TOKENS, Math.min(MOST_TOKENS, share));
    }

    private void block(Tensor weight, int firstColumn, float[] dy, float[] dx, int firstToken, int endToken) {
        int width = Math.min(BLOCK_COLUMNS, weight.columns() - firstColumn);
        float[] panel = panels.borrow(SLICE * BLOCK_COLUMNS + Tile.ROWS * Tile.COLUMNS);
        float[] row = rows.borrow(BLOCK_COLUMNS + Tile.COLUMNS);
        float[] scales = scaleRows.borrow(VectorRows.scaleCount(BLOCK_COLUMNS));
        for (int start = 0; start < weight.rows(); start += SLICE) {
            int size = Math.min(SLICE, weight.rows() - start);
            unpackStrips(weight, firstColumn, width, start, size, panel, row, scales);
            for (int column = 0; column < width; column += Tile.COLUMNS) {
                int columns = Math.min(Tile.COLUMNS, width - column);
                strip(weight, start, size, dy, dx, firstToken, endToken, panel, column, firstColumn, columns);
            }
        }
        panels.giveBack(panel);
        rows.giveBack(row);
        scaleRows.giveBack(scales);
    }

    private static void unpackStrips(
            Tensor weight,
            int firstColumn,
            int width,
            int start,
            int size,
            float[] panel,
            float[] row,
            float[] scales) {
        long rowBytes = weight.dtype().byteSize(weight.columns());
        long startBytes = weight.dtype().byteSize(firstColumn);
        for (int o = 0; o < size; o++) {
            long offset = (start + o) * rowBytes + startBytes;
            VectorRows.unpack(weight.dtype(), weight.data(), offset, row, 0, width, scales);
            toStrips(row, width, panel, size * Tile.COLUMNS, o * Tile.COLUMNS);
        }
    }

    /** Cuts a row, whose last strip may be part garbage, into strips. */
    private static void toStrips(float[] row, int width, float[] panel, int stripSize, int offset) {
        int to = offset;
        for (int column = 0; column < width; column += Tile.COLUMNS) {
            Lanes.floats(row, column).intoArray(panel, to);
            Lanes.floats(row, column + Lanes.COUNT).intoArray(panel, to + Lanes.COUNT);
            to += stripSize;
        }
    }

    private static void strip(
            Tensor weight,
            int start,
            int size,
            float[] dy,
            float[] dx,
            int firstToken,
            int endToken,
            float[] panel,
            int column,
            int firstColumn,
            int columns) {
        int inputs = weight.columns();
        int outputs = weight.rows();
        int out = SLICE * BLOCK_COLUMNS;
        for (int token = firstToken; token < endToken; token += Tile.ROWS) {
            // The last tile reaches back over the one before it and keeps what is new.
            int row = Math.max(0, Math.min(token, endToken - Tile.ROWS));
            Tile.rowsTimesLanes(panel, column * size, dy, row * outputs + start, outputs, size, panel, out);
            int from = out + (token - row) * Tile.COLUMNS;
            int to = token * inputs + firstColumn + column;
            int count = Math.min(Tile.ROWS, endToken - token);
            if (columns < Tile.COLUMNS) {
                TileStore.part(panel, from, count, columns, dx, to, inputs, start > 0);
            } else if (start > 0) {
                TileStore.add(panel, from, count, dx, to, inputs);
            } else {
                TileStore.store(panel, from, count, dx, to, inputs);
            }
        }
    }
}
