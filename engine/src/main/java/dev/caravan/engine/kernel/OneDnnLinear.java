package dev.caravan.engine.kernel;

import dev.caravan.engine.kernel.OneDnnProduct.Shape;
import dev.caravan.engine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A linear layer on many tokens, and its gradient, with oneDNN's products. As in {@link MatrixProduct} a task takes a
 * panel of the weight and unpacks it once for all tokens; which worker runs it changes no bit.
 *
 * <p>Values of {@link VectorRows#evensFirst} dtypes are in that order here: x as it comes, dx as it is left.
 */
final class OneDnnLinear {

    /** Weight rows of a forward panel: it and its results stay in the second-level cache. */
    private static final int PANEL_ROWS = 64;
    /** Inputs of a backward panel; whole blocks of any dtype. */
    private static final int PANEL_INPUTS = 512;
    /** Weight rows that a backward panel adds up at a time. */
    private static final int PANEL_OUTPUTS = 256;

    private final OneDnn library;
    private final OneDnnPrecision precision;
    private final WorkerPool pool;
    private final NativeScratch sources = new NativeScratch();
    private final NativeScratch panels = new NativeScratch();
    private final NativeScratch results = new NativeScratch();
    private final NativeScratch scratchpads = new NativeScratch();
    private final Scratch rows = new Scratch();
    private final Scratch scaleRows = new Scratch();

    OneDnnLinear(OneDnn library, OneDnnPrecision precision, WorkerPool pool) {
        this.library = library;
        this.precision = precision;
        this.pool = pool;
    }

    /** {@code y[T, O] = x[T, I] Wᵀ}. */
    void multiply(Tensor weight, float[] x, float[] y, int tokens) {
        int inputs = weight.columns();
        int tasks = (weight.rows() + PANEL_ROWS - 1) / PANEL_ROWS;
        MemorySegment source = source(x, tokens, inputs);
        try (Products products = new Products()) {
            pool.run(tasks, task -> {
                int first = task * PANEL_ROWS;
                int count = Math.min(PANEL_ROWS, weight.rows() - first);
                OneDnnProduct product = products.of(new Shape(precision, tokens, count, inputs, inputs, true, false));
                MemorySegment result = results.borrow((long) tokens * count * Float.BYTES);
                run(product, weight, new Panel(first, count, 0, inputs), source, result);
                copyColumns(result, tokens, count, y, first, weight.rows());
                results.giveBack(result);
            });
        }
        sources.giveBack(source);
    }

    /** {@code dx[T, I] = dy[T, O] W}. */
    void multiplyBackward(Tensor weight, float[] dy, float[] dx, int tokens) {
        int inputs = weight.columns();
        int outputs = weight.rows();
        int tasks = (inputs + PANEL_INPUTS - 1) / PANEL_INPUTS;
        MemorySegment source = source(dy, tokens, outputs);
        try (Products products = new Products()) {
            pool.run(tasks, task -> {
                int start = task * PANEL_INPUTS;
                int size = Math.min(PANEL_INPUTS, inputs - start);
                MemorySegment result = results.borrow((long) tokens * size * Float.BYTES);
                for (int first = 0; first < outputs; first += PANEL_OUTPUTS) {
                    int count = Math.min(PANEL_OUTPUTS, outputs - first);
                    OneDnnProduct product =
                            products.of(new Shape(precision, tokens, size, count, outputs, false, first > 0));
                    MemorySegment part = source.asSlice((long) first * precision.bytes);
                    run(product, weight, new Panel(first, count, start, size), part, result);
                }
                copyColumns(result, tokens, size, dx, start, inputs);
                results.giveBack(result);
            });
        }
        sources.giveBack(source);
    }

    /** The values of {@code [tokens, size]} where native code can read them. */
    private MemorySegment source(float[] x, int tokens, int size) {
        MemorySegment source = sources.borrow((long) tokens * size * precision.bytes);
        pool.run(tokens, token -> precision.store(x, token * size, source, (long) token * size, size));
        return source;
    }

    /** Rows {@code first ..} and inputs {@code start ..} of a weight. */
    private record Panel(int first, int count, int start, int size) {}

    private void run(OneDnnProduct product, Tensor weight, Panel panel, MemorySegment source, MemorySegment result) {
        MemorySegment unpacked = panels.borrow((long) panel.count * panel.size * precision.bytes);
        MemorySegment scratchpad = scratchpads.borrow(product.scratchpadBytes());
        float[] row = rows.borrow(panel.size);
        float[] scales = scaleRows.borrow(VectorRows.scaleCount(panel.size));
        long rowBytes = weight.dtype().byteSize(weight.columns());
        long startBytes = weight.dtype().byteSize(panel.start);
        for (int r = 0; r < panel.count; r++) {
            long offset = (panel.first + r) * rowBytes + startBytes;
            VectorRows.unpack(weight.dtype(), weight.data(), offset, row, 0, panel.size, scales);
            precision.store(row, 0, unpacked, (long) r * panel.size, panel.size);
        }
        product.run(source, unpacked, result, scratchpad);
        scaleRows.giveBack(scales);
        rows.giveBack(row);
        scratchpads.giveBack(scratchpad);
        panels.giveBack(unpacked);
    }

    private static void copyColumns(MemorySegment result, int tokens, int size, float[] y, int column, int columns) {
        for (int token = 0; token < tokens; token++) {
            long from = (long) token * size * Float.BYTES;
            MemorySegment.copy(result, ValueLayout.JAVA_FLOAT, from, y, token * columns + column, size);
        }
    }

    /** The products of one call: whole panels and those at the edges. */
    private final class Products implements AutoCloseable {
        private final Map<Shape, OneDnnProduct> all = new ConcurrentHashMap<>();

        OneDnnProduct of(Shape shape) {
            return all.computeIfAbsent(shape, missing -> new OneDnnProduct(library, missing));
        }

        @Override
        public void close() {
            all.values().forEach(OneDnnProduct::close);
        }
    }
}
