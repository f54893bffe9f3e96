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
        for (int k = 0; k < size; k++) {
            int from = matrix.offset() + (start + k) * matrix.width();
            for (int column = first; column < end; column += width) {
                int to = yOffset + ((column - first) / width * size + k) * width;
                copy(matrix.values(), from + column, y, to, Math.min(width, end - column));
            }
        }
    }

    private static void spreadRun(float[] x, int from, float[] y, int to, int stride, int size) {
        for (int k = 0; k < size; k++) {
            y[to + k * stride] = x[from + k];
        }
    }

    private static void copy(float[] x, int from, float[] y, int to, int size) {
        int i = 0;
        for (; i <= size - Lanes.COUNT; i += Lanes.COUNT) {
            Lanes.floats(x, from + i).intoArray(y, to + i);
        }
        for (; i < size; i++) {
            y[to + i] = x[from + i];
        }
    }
}
