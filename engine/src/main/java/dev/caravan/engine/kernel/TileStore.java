package dev.caravan.engine.kernel;

/** Puts the rows of a finished {@link Tile} into a matrix. */
final class TileStore {

    private TileStore() {}

    /** {@code y[row][column] = tile[row][column]}, rows of y at a distance of {@code stride}. */
    static void store(float[] tile, int from, int rows, float[] y, int to, int stride) {
        for (int r = 0; r < rows; r++) {
            int at = from + r * Tile.COLUMNS;
            Lanes.floats(tile, at).intoArray(y, to + r * stride);
            Lanes.floats(tile, at + Lanes.COUNT).intoArray(y, to + r * stride + Lanes.COUNT);
        }
    }

    /** {@code y[row][column] += tile[row][column]}. */
    static void add(float[] tile, int from, int rows, float[] y, int to, int stride) {
        for (int r = 0; r < rows; r++) {
            int at = from + r * Tile.COLUMNS;
            int next = to + r * stride;
            Lanes.floats(y, next).add(Lanes.floats(tile, at)).intoArray(y, next);
            next += Lanes.COUNT;
            Lanes.floats(y, next).add(Lanes.floats(tile, at + Lanes.COUNT)).intoArray(y, next);
        }
    }

    /** The same for a tile of which only the first columns count. */
    static void part(float[] tile, int from, int rows, int columns, float[] y, int to, int stride, boolean add) {
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                int at = to + r * stride + c;
                float value = tile[from + r * Tile.COLUMNS + c];
                y[at] = add ? y[at] + value : value;
            }
        }
    }

    /** {@code y[row][column] = alpha * tile[row][column] + beta * y[row][column]}; with beta 0 y is not read. */
    static void scaled(
            float[] tile,
            int from,
            int width,
            int rows,
            int columns,
            float[] y,
            int to,
            int stride,
            float alpha,
            float beta) {
        for (int r = 0; r < rows; r++) {
            if (beta == 0) {
                storeRow(tile, from + r * width, columns, y, to + r * stride, alpha);
            } else {
                addRow(tile, from + r * width, columns, y, to + r * stride, alpha, beta);
            }
        }
    }

    private static void storeRow(float[] tile, int from, int columns, float[] y, int to, float alpha) {
        int c = 0;
        for (; c <= columns - Lanes.COUNT; c += Lanes.COUNT) {
            Lanes.floats(tile, from + c).mul(alpha).intoArray(y, to + c);
        }
        for (; c < columns; c++) {
            y[to + c] = alpha * tile[from + c];
        }
    }

    private static void addRow(float[] tile, int from, int columns, float[] y, int to, float alpha, float beta) {
        int c = 0;
        for (; c <= columns - Lanes.COUNT; c += Lanes.COUNT) {
            Lanes.floats(tile, from + c)
                    .fma(Lanes.spread(alpha), Lanes.floats(y, to + c).mul(beta))
                    .intoArray(y, to + c);
        }
        for (; c < columns; c++) {
            y[to + c] = Math.fma(tile[from + c], alpha, y[to + c] * beta);
        }
    }

    /** {@code y[column][row] = alpha * tile[row][column] + beta * y[column][row]}; with beta 0 y is not read. */
    static void transposed(
            float[] tile,
            int from,
            int width,
            int rows,
            int columns,
            float[] y,
            int to,
            int stride,
            float alpha,
            float beta) {
        for (int c = 0; c < columns; c++) {
            for (int r = 0; r < rows; r++) {
                int at = to + c * stride + r;
                float value = tile[from + r * width + c];
                y[at] = beta == 0 ? alpha * value : Math.fma(value, alpha, y[at] * beta);
            }
        }
    }
}
