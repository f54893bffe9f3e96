package dev.caravan.engine.kernel;

/**
 * {@code c = alpha a b + beta c} for dense matrices, of which mostly one side is thin: the products of low-rank adapters.
 *
 * <p>One factor lies in the lanes, copied into strips of one or two vectors, {@code [slice][strip][k][lane]}; of the
 * other the register tile spreads single values, where they are if a row's values stand side by side. When that suits
 * the way they are stored better, the product is taken as {@code cᵀ = bᵀ aᵀ}. A large factor is thus read once, in the
 * order of its rows, and only thin ones are transposed.
 *
 * <p>With few rows (a gradient of an adapter) each task packs its own block of lanes, slice by slice; with many all tasks
 * share what was packed before. Sums are taken in float, one chain per slice, slices added in order; no value depends on
 * how the work was cut.
 */
final class DenseProduct {

    /** Depth of a slice; a strip of it, at most 32 KiB, stays in the first-level cache. */
    private static final int SLICE = 256;
    /** Strips of a task. */
    private static final int BLOCK_STRIPS = 8;
    /** Up to here every task packs its own lanes. */
    private static final int FEW_ROWS = 128;
    /** Rows of a task; whole tiles of both kinds. */
    private static final int BLOCK_ROWS = 48;
    /** Up to this depth all strips of a task stay in the first-level cache, and the result is written row by row. */
    private static final int SHALLOW = 64;

    private final WorkerPool pool;
    private final Scratch strips = new Scratch();
    private final Scratch sharedStrips = new Scratch();
    private final Scratch rows = new Scratch();
    private final Scratch tiles = new Scratch();

    DenseProduct(WorkerPool pool) {
        this.pool = pool;
    }

    void multiply(float alpha, Matrix a, Matrix b, float beta, Matrix c) {
        boolean exchanged = a.transposed() && (b.transposed() || a.height() > b.width());
        Matrix spread = exchanged ? b.transpose() : a;
        Matrix lanes = exchanged ? a.transpose() : b;
        int width = lanes.width() <= Lanes.COUNT ? Lanes.COUNT : Tile.COLUMNS;
        int tileRows = width == Lanes.COUNT ? Tile.VECTOR_ROWS : Tile.ROWS;
        if (!spread.transposed() && spread.height() >= tileRows) {
            new Job(alpha, spread, lanes, beta, c, exchanged, width, tileRows).run();
            return;
        }
        int height = Math.max(spread.height(), tileRows);
        float[] copy = rows.borrow(Math.multiplyExact(height, spread.width()));
        Pack.rows(spread, copy);
        Matrix copied = Matrix.of(copy, spread.height(), spread.width());
        new Job(alpha, copied, lanes, beta, c, exchanged, width, tileRows).run();
        rows.giveBack(copy);
    }

    /** One product: {@code spread [height, depth]} times {@code lanes [depth, width]}. */
    private final class Job {
        private final float alpha;
        private final Matrix spread;
        private final Matrix lanes;
        private final float beta;
        private final Matrix c;
        private final boolean exchanged;
        private final int stripWidth;
        private final int tileRows;
        private final int depth;
        private final int stripCount;

        Job(
                float alpha,
                Matrix spread,
                Matrix lanes,
                float beta,
                Matrix c,
                boolean exchanged,
                int stripWidth,
                int tileRows) {
            this.alpha = alpha;
            this.spread = spread;
            this.lanes = lanes;
            this.beta = beta;
            this.c = c;
            this.exchanged = exchanged;
            this.stripWidth = stripWidth;
            this.tileRows = tileRows;
            this.depth = spread.width();
            this.stripCount = (lanes.width() + stripWidth - 1) / stripWidth;
        }

        void run() {
            int blocks = (stripCount + BLOCK_STRIPS - 1) / BLOCK_STRIPS;
            if (spread.height() <= FEW_ROWS) {
                pool.run(blocks, block -> {
                    int end = Math.min(stripCount, (block + 1) * BLOCK_STRIPS);
                    float[] packed = strips.borrow(BLOCK_STRIPS * SLICE * stripWidth);
                    multiplyPacking(block * BLOCK_STRIPS, end, packed);
                    strips.giveBack(packed);
                });
                return;
            }
            float[] packed = sharedStrips.borrow(Math.multiplyExact(Math.multiplyExact(stripCount, stripWidth), depth));
            pool.run(stripCount, strip -> packStrip(strip, packed));
            int rowBlocks = (spread.height() + BLOCK_ROWS - 1) / BLOCK_ROWS;
            pool.run(blocks * rowBlocks, task -> {
                int first = task % blocks * BLOCK_STRIPS;
                int row = task / blocks * BLOCK_ROWS;
                multiplyPacked(first, Math.min(stripCount, first + BLOCK_STRIPS), row, packed);
            });
            sharedStrips.giveBack(packed);
        }

        private void multiplyPacking(int firstStrip, int endStrip, float[] packed) {
            for (int start = 0; start == 0 || start < depth; start += SLICE) {
                int size = Math.min(SLICE, depth - start);
                Pack.strips(lanes, start, size, firstStrip, endStrip, stripWidth, packed, 0);
                block(start, size, firstStrip, endStrip, 0, spread.height(), packed, 0);
            }
        }

        private void packStrip(int strip, float[] packed) {
            for (int start = 0; start < depth; start += SLICE) {
                int size = Math.min(SLICE, depth - start);
                int to = (start * stripCount + strip * size) * stripWidth;
                Pack.strips(lanes, start, size, strip, strip + 1, stripWidth, packed, to);
            }
        }

        private void multiplyPacked(int firstStrip, int endStrip, int firstRow, float[] packed) {
            int endRow = Math.min(spread.height(), firstRow + BLOCK_ROWS);
            for (int start = 0; start == 0 || start < depth; start += SLICE) {
                int size = Math.min(SLICE, depth - start);
                int from = (start * stripCount + firstStrip * size) * stripWidth;
                block(start, size, firstStrip, endStrip, firstRow, endRow, packed, from);
            }
        }

        /** All tiles of a block of strips and rows for one slice of the depth. */
        private void block(
                int start, int size, int firstStrip, int endStrip, int firstRow, int endRow, float[] packed, int from) {
            float[] tile = tiles.borrow(Tile.ROWS * Tile.COLUMNS);
            int rowTiles = (endRow - firstRow + tileRows - 1) / tileRows;
            int count = endStrip - firstStrip;
            boolean rowByRow = depth <= SHALLOW;
            for (int n = 0; n < rowTiles * count; n++) {
                int strip = rowByRow ? n % count : n / rowTiles;
                int row = firstRow + (rowByRow ? n / count : n % rowTiles) * tileRows;
                // The last tile reaches back over the one before it and keeps what is new.
                int tileRow = Math.max(0, Math.min(row, spread.height() - tileRows));
                int with = spread.offset() + tileRow * depth + start;
                int strips = from + strip * size * stripWidth;
                if (stripWidth == Lanes.COUNT) {
                    Tile.rowsTimesVector(packed, strips, spread.values(), with, depth, size, tile);
                } else {
                    Tile.rowsTimesLanes(packed, strips, spread.values(), with, depth, size, tile, 0);
                }
                int tileEnd = Math.min(endRow, row + tileRows);
                store(tile, row - tileRow, row, tileEnd, (firstStrip + strip) * stripWidth, start == 0 ? beta : 1);
            }
            tiles.giveBack(tile);
        }

        private void store(float[] tile, int tileRow, int row, int endRow, int lane, float kept) {
            int columns = Math.min(stripWidth, lanes.width() - lane);
            int from = tileRow * stripWidth;
            if (exchanged) {
                int to = c.offset() + lane * c.columns() + row;
                TileStore.transposed(
                        tile, from, stripWidth, endRow - row, columns, c.values(), to, c.columns(), alpha, kept);
            } else {
                int to = c.offset() + row * c.columns() + lane;
                TileStore.scaled(
                        tile, from, stripWidth, endRow - row, columns, c.values(), to, c.columns(), alpha, kept);
            }
        }
    }
}
