package dev.caravan.engine.kernel;

/** Copies of a matrix in the order in which {@link DenseProduct} walks over it. */
final class Pack {

    /** Rows that are copied together where a matrix is transposed. */
    private static final int ROWS = 16;

    private Pack() {}

    /** The matrix as seen, row after row. */
    static void rows(Matrix matrix, float[] y) {
        int height = matrix.height();
        int width = matrix.width();
        if (!matrix.transposed()) {
            System.arraycopy(matrix.values(), matrix.offset(), y, 0, height * width);
            return;
        }
        for (int first = 0; first < height; first += ROWS) {
            int end = Math.min(height, first + ROWS);
            for (int k = 0; k < width; k++) {
                int from = matrix.offset() + k * height;
                for (int row = first; row < end; row++) {
                    y[row * width + k] = matrix.values()[from + row];
                }
            }
        }
    }

    /**
     * The columns of some strips of {@code width} columns, for the rows {@code start .. start + size - 1}: {@code
     * [strip][row][column]}. What lies behind the matrix' last column is left as it is.
     */
    static void strips(
            Matrix matrix, int start, int size, int firstStrip, int endStrip, int width, float[] y, int yOffset) {
        int first = firstStrip * width;
        int end = Math.min(endStrip * width, matrix.width());
        if (matrix.transposed()) {
            for (int column = first; column < end; column++) {
                int from = matrix.offset() + column * matrix.height() + start;
                int to = yOffset + ((column - first) / width * size) * width + (column - first) % width;
                spreadRun(matrix.values(), from, y, to, width, size);
            }
            return;
        }
        int whole = (end - first) / width;
        int rest = (end - first) % width;
        for (int k = 0; k < size; k++) {
            int from = matrix.offset() + (start + k) * matrix.width() + first;
            int to = yOffset + k * width;
            if (width == Lanes.COUNT) {
                copyVectors(matrix.values(), from, whole, y, to, size * width);
            } else {
                copyPairs(matrix.values(), from, whole, y, to, size * width);
            }
            if (rest > 0) {
                System.arraycopy(matrix.values(), from + whole * width, y, to + whole * size * width, rest);
            }
        }
    }

    private static void spreadRun(float[] x, int from, float[] y, int to, int stride, int size) {
        for (int k = 0; k < size; k++) {
            y[to + k * stride] = x[from + k];
        }
    }

    private static void copyVectors(float[] x, int from, int count, float[] y, int to, int distance) {
        for (int n = 0; n < count; n++) {
            Lanes.floats(x, from + n * Lanes.COUNT).intoArray(y, to + n * distance);
        }
    }

    private static void copyPairs(float[] x, int from, int count, float[] y, int to, int distance) {
        for (int n = 0; n < count; n++) {
            int at = from + n * Tile.COLUMNS;
            Lanes.floats(x, at).intoArray(y, to + n * distance);
            Lanes.floats(x, at + Lanes.COUNT).intoArray(y, to + n * distance + Lanes.COUNT);
        }
    }
}
