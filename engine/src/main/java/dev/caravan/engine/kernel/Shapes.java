package dev.caravan.engine.kernel;

import dev.caravan.engine.tensor.Tensor;

/** The checks at the kernels' door, once per call; messages hold the actual shapes. */
final class Shapes {

    private Shapes() {}

    /** Also for the gradient, with the gradients of x and y. */
    static void checkLinear(Tensor weight, float[] x, float[] y, int tokens) {
        if (weight.shape().length != 2) {
            throw new IllegalArgumentException(
                    "%s has %d dimensions, a linear layer has 2".formatted(weight.name(), weight.shape().length));
        }
        if (tokens < 0 || x.length < (long) tokens * weight.columns() || y.length < (long) tokens * weight.rows()) {
            throw new IllegalArgumentException("%s [%d, %d]: x has %d values and y %d for %d tokens"
                    .formatted(weight.name(), weight.rows(), weight.columns(), x.length, y.length, tokens));
        }
    }

    static void checkRow(Tensor table, int row, float[] y, int yOffset) {
        if (table.shape().length != 2 || row < 0 || row >= table.rows()) {
            throw new IllegalArgumentException("%s has no row %d".formatted(table.name(), row));
        }
        checkRun("y", y, yOffset, table.columns());
    }

    static void checkAttention(
            AttentionShape shape, float[] q, float[] k, float[] v, float[] y, int tokens, int position) {
        long queries = (long) tokens * shape.querySize();
        long keys = (long) (position + tokens) * shape.keyValueSize();
        if (tokens < 0
                || position < 0
                || q.length < queries
                || y.length < queries
                || k.length < keys
                || v.length < keys) {
            throw new IllegalArgumentException("attention of %d tokens at %d with %s: q has %d values, k %d, v %d, y %d"
                    .formatted(tokens, position, shape, q.length, k.length, v.length, y.length));
        }
    }

    static void checkProduct(Matrix a, Matrix b, Matrix c) {
        if (c.transposed() || a.height() != c.rows() || b.width() != c.columns() || a.width() != b.height()) {
            throw new IllegalArgumentException("[%d, %d] times [%d, %d] does not give %s[%d, %d]"
                    .formatted(
                            a.height(),
                            a.width(),
                            b.height(),
                            b.width(),
                            c.transposed() ? "transposed " : "",
                            c.rows(),
                            c.columns()));
        }
    }

    static void checkPackedGradients(PackedAttention attention, float[] dy, float[] dq, float[] dk, float[] dv) {
        int queries = attention.tokens() * attention.shape().querySize();
        int keys = attention.tokens() * attention.shape().keyValueSize();
        checkRun("dy", dy, 0, queries);
        checkRun("dq", dq, 0, queries);
        checkRun("dk", dk, 0, keys);
        checkRun("dv", dv, 0, keys);
    }

    static void checkRun(String name, float[] values, int offset, int size) {
        if (offset < 0 || size < 0 || values.length - offset < size) {
            throw new IllegalArgumentException(
                    "%s has %d values, %d from %d on are wanted".formatted(name, values.length, size, offset));
        }
    }
}
