package dev.caravan.engine.kernel;

/**
 * A dense matrix in an array, row after row, for {@link Kernels#gemm}.
 *
 * @param values holds the matrix; shared with the caller, not copied
 * @param offset where its first value stands
 * @param rows the rows as stored
 * @param columns the columns as stored; a row follows the one before it without a gap
 * @param transposed whether the product sees it transposed: {@code [columns, rows]}
 */
@SuppressWarnings("ArrayRecordComponent") // a view, made and dropped around one product
public record Matrix(float[] values, int offset, int rows, int columns, boolean transposed) {

    public Matrix {
        if (rows < 0 || columns < 0 || offset < 0 || values.length - (long) offset < (long) rows * columns) {
            throw new IllegalArgumentException("a matrix [%d, %d] from %d on does not fit into %d values"
                    .formatted(rows, columns, offset, values.length));
        }
    }

    /** The first {@code rows * columns} values. */
    public static Matrix of(float[] values, int rows, int columns) {
        return new Matrix(values, 0, rows, columns, false);
    }

    /** The same values seen with rows and columns exchanged. */
    public Matrix transpose() {
        return new Matrix(values, offset, rows, columns, !transposed);
    }

    /** The rows as seen. */
    int height() {
        return transposed ? columns : rows;
    }

    /** The columns as seen. */
    int width() {
        return transposed ? rows : columns;
    }

    /** How far apart values of neighbouring rows, as seen, stand. */
    int rowStride() {
        return transposed ? 1 : columns;
    }

    /** How far apart values of neighbouring columns, as seen, stand. */
    int columnStride() {
        return transposed ? columns : 1;
    }
}
