package dev.caravan.engine.kernel;

import dev.caravan.engine.tensor.Tensor;

/**
 * A linear layer on many tokens: {@code y[T, O] = x[T, I] Wᵀ}.
 *
 * <p>Tokens lie in the lanes. {@code x} is packed once per call into tiles of {@link Tile#COLUMNS} tokens, value by
 * value: {@code [slice][tile][k][column]}. A task takes a panel of weight rows, unpacks one slice of it to floats (once
 * for up to {@link #TILES_PER_TASK} tiles) and runs the register tile over all token tiles. Slices of at most {@link
 * #MAX_SLICE} values keep panel and tile in the second-level cache.
 *
 * <p>Sums are taken in float, one chain per output and slice: the error against the scalar truth grows with the square
 * root of I, about 1e-7 times the sum of magnitudes.
 */
final class MatrixProduct {

    /** A multiple of {@link Tile#ROWS}. */
    private static final int PANEL_ROWS = 24;

    private static final int MAX_SLICE = 2048;
    private static final int TILES_PER_TASK = 16;
    /** Rows of a panel at a multiple of 4096 bytes from each other would share few cache sets. */
    private static final int ROW_PADDING = 16;

    private final WorkerPool pool;
    private final Scratch packed = new Scratch();
    private final Scratch panels = new Scratch();
    private final Scratch scaleRows = new Scratch();

    MatrixProduct(WorkerPool pool) {
        this.pool = pool;
    }

    void multiply(Tensor weight, float[] x, float[] y, int tokens) {
        int inputs = weight.columns();
        int tiles = (tokens + Tile.COLUMNS - 1) / Tile.COLUMNS;
        float[] xp = packed.borrow(Math.multiplyExact(tiles * Tile.COLUMNS, inputs));
        pool.run(tiles, tile -> packTile(x, inputs, tokens, tile, tiles, xp));
        int panelCount = (weight.rows() + PANEL_ROWS - 1) / PANEL_ROWS;
        int tileGroups = (tiles + TILES_PER_TASK - 1) / TILES_PER_TASK;
        pool.run(panelCount * tileGroups, task -> {
            int firstTile = task / panelCount * TILES_PER_TASK;
            int endTile = Math.min(tiles, firstTile + TILES_PER_TASK);
            panel(weight, task % panelCount * PANEL_ROWS, xp, tiles, firstTile, endTile, y, tokens);
        });
        packed.giveBack(xp);
    }

    /** The length of all slices but the last: whole blocks of any dtype. */
    private static int slice(int inputs) {
        int slices = (inputs + MAX_SLICE - 1) / MAX_SLICE;
        return (inputs / slices + 255) / 256 * 256;
    }

    private static void packTile(float[] x, int inputs, int tokens, int tile, int tiles, float[] xp) {
        int slice = slice(inputs);
        int firstToken = tile * Tile.COLUMNS;
        int columns = Math.min(Tile.COLUMNS, tokens - firstToken);
        for (int start = 0; start < inputs; start += slice) {
            int size = Math.min(slice, inputs - start);
            int to = start * tiles * Tile.COLUMNS + tile * size * Tile.COLUMNS;
            // 64 values of all tokens at a time: what is written stays in the first-level cache until it is whole.
            for (int k = 0; k < size; k += 64) {
                int part = Math.min(64, size - k);
                for (int c = 0; c < columns; c++) {
                    transposeRun(x, (firstToken + c) * inputs + start + k, xp, to + k * Tile.COLUMNS + c, part);
                }
                for (int c = columns; c < Tile.COLUMNS; c++) {
                    clearColumn(xp, to + k * Tile.COLUMNS + c, part);
                }
            }
        }
    }

    private static void transposeRun(float[] x, int from, float[] xp, int to, int size) {
        for (int k = 0; k < size; k++) {
            xp[to + k * Tile.COLUMNS] = x[from + k];
        }
    }

    private static void clearColumn(float[] xp, int to, int size) {
        for (int k = 0; k < size; k++) {
            xp[to + k * Tile.COLUMNS] = 0;
        }
    }

    private void panel(
            Tensor weight, int firstRow, float[] xp, int tiles, int firstTile, int endTile, float[] y, int tokens) {
        int inputs = weight.columns();
        int slice = slice(inputs);
        int rows = Math.min(PANEL_ROWS, weight.rows() - firstRow);
        int stride = Math.min(slice, inputs) + ROW_PADDING;
        float[] panel = panels.borrow(PANEL_ROWS * (MAX_SLICE + ROW_PADDING) + Tile.ROWS * Tile.COLUMNS);
        float[] scales = scaleRows.borrow(VectorRows.scaleCount(MAX_SLICE));
        int tileOut = PANEL_ROWS * stride;
        for (int start = 0; start < inputs; start += slice) {
            int size = Math.min(slice, inputs - start);
            unpackPanel(weight, firstRow, rows, start, size, panel, stride, scales);
            for (int tile = firstTile; tile < endTile; tile++) {
                int from = start * tiles * Tile.COLUMNS + tile * size * Tile.COLUMNS;
                for (int r = 0; r < rows; r += Tile.ROWS) {
                    Tile.rowsTimesLanes(xp, from, panel, r * stride, stride, size, panel, tileOut);
                    int columns = Math.min(Tile.COLUMNS, tokens - tile * Tile.COLUMNS);
                    int to = tile * Tile.COLUMNS * weight.rows() + firstRow + r;
                    int count = Math.min(Tile.ROWS, rows - r);
                    if (start == 0) {
                        storeTransposed(panel, tileOut, count, columns, y, to, weight.rows());
                    } else {
                        addTransposed(panel, tileOut, count, columns, y, to, weight.rows());
                    }
                }
            }
        }
        panels.giveBack(panel);
        scaleRows.giveBack(scales);
    }

    private static void unpackPanel(
            Tensor weight, int firstRow, int rows, int start, int size, float[] panel, int stride, float[] scales) {
        long rowBytes = weight.dtype().byteSize(weight.columns());
        long startBytes = weight.dtype().byteSize(start);
        for (int r = 0; r < rows; r++) {
            long offset = (firstRow + r) * rowBytes + startBytes;
            VectorRows.unpack(weight.dtype(), weight.data(), offset, panel, r * stride, size, scales);
        }
    }

    private static void storeTransposed(float[] tile, int from, int rows, int columns, float[] y, int to, int outputs) {
        for (int c = 0; c < columns; c++) {
            for (int r = 0; r < rows; r++) {
                y[to + c * outputs + r] = tile[from + r * Tile.COLUMNS + c];
            }
        }
    }

    private static void addTransposed(float[] tile, int from, int rows, int columns, float[] y, int to, int outputs) {
        for (int c = 0; c < columns; c++) {
            for (int r = 0; r < rows; r++) {
                y[to + c * outputs + r] += tile[from + r * Tile.COLUMNS + c];
            }
        }
    }
}
