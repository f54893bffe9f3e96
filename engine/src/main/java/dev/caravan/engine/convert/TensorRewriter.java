package dev.caravan.engine.convert;

import dev.caravan.engine.format.AtomicFile;
import dev.caravan.engine.format.RowOrder;
import dev.caravan.engine.format.TensorContent;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.lora.LoraModule;
import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Computes the bytes of planned tensors: rows are taken in the plan's order, unpacked, shifted and packed, on all
 * threads, a bounded piece at a time. For one caller at a time; owns its buffers.
 */
final class TensorRewriter implements AutoCloseable {

    /** What is computed before it is written; large enough for the threads to share evenly. */
    private static final long PIECE_BYTES = 16L << 20;

    private static final int VALUES_PER_TASK = 1 << 16;

    private final Kernels kernels;
    private final Arena arena = Arena.ofShared();
    private final ConversionProgress progress;
    private MemorySegment buffer = MemorySegment.NULL;
    private long doneValues;
    private long totalValues;

    TensorRewriter(Kernels kernels, ConversionProgress progress) {
        this.kernels = kernels;
        this.progress = progress;
    }

    /** Announces work, for the progress. */
    void expect(long values) {
        totalValues += values;
    }

    /** The bytes of a plan's tensor, computed when they are written. */
    TensorContent content(TensorPlan plan) {
        return file -> write(plan, file);
    }

    private void write(TensorPlan plan, AtomicFile file) {
        Grid grid = Grid.of(plan);
        long rowsAtOnce = Math.max(1, PIECE_BYTES / grid.targetRowBytes);
        for (long row = 0; row < grid.rows; row += rowsAtOnce) {
            long count = Math.min(rowsAtOnce, grid.rows - row);
            MemorySegment piece = buffer(count * grid.targetRowBytes);
            compute(plan, grid, row, count, piece);
            file.put(piece);
        }
    }

    /** The whole tensor in memory; it is overwritten by the next call of any method. */
    Tensor whole(TensorPlan plan) {
        Grid grid = Grid.of(plan);
        MemorySegment bytes = buffer(plan.bytes());
        compute(plan, grid, 0, grid.rows, bytes);
        return new Tensor(plan.name(), plan.dtype(), plan.shape(), bytes);
    }

    private MemorySegment buffer(long bytes) {
        if (buffer.byteSize() < bytes) {
            buffer = arena.allocate(Math.max(bytes, PIECE_BYTES), Long.BYTES);
        }
        return buffer.asSlice(0, bytes);
    }

    /** A tensor as rows; a vector whose values are reordered is a column. */
    private record Grid(long rows, int columns, long sourceRowBytes, long targetRowBytes) {

        static Grid of(TensorPlan plan) {
            Tensor source = plan.source();
            boolean isColumn = source.shape().length == 1 && !plan.rows().equals(RowOrder.SAME);
            int columns = isColumn ? 1 : source.columns();
            return new Grid(
                    source.elements() / columns,
                    columns,
                    source.dtype().byteSize(columns),
                    plan.dtype().byteSize(columns));
        }
    }

    private void compute(TensorPlan plan, Grid grid, long firstRow, long rows, MemorySegment target) {
        long rowsPerTask = Math.max(1, VALUES_PER_TASK / grid.columns);
        int tasks = Math.toIntExact(Math.ceilDiv(rows, rowsPerTask));
        kernels.parallel(tasks, task -> {
            long end = Math.min(rows, (task + 1) * rowsPerTask);
            float[] values = plan.isCopy() ? new float[0] : new float[grid.columns];
            for (long row = task * rowsPerTask; row < end; row++) {
                long sourceRow = plan.rows().sourceRow(firstRow + row);
                long from = sourceRow * grid.sourceRowBytes;
                long to = row * grid.targetRowBytes;
                if (plan.isCopy()) {
                    MemorySegment.copy(plan.source().data(), from, target, to, grid.targetRowBytes);
                } else {
                    rewrite(plan, sourceRow, from, values, target, to);
                }
            }
        });
        doneValues += rows * grid.columns;
        progress.advanced(Math.min(doneValues, totalValues), totalValues);
    }

    private static void rewrite(
            TensorPlan plan, long sourceRow, long from, float[] values, MemorySegment target, long to) {
        DType sourceType = plan.source().dtype();
        BlockFormat.of(sourceType).dequantize(plan.source().data(), from, values, 0, values.length);
        if (plan.addend() != 0) {
            for (int i = 0; i < values.length; i++) {
                values[i] += plan.addend();
            }
        }
        if (plan.adapter() != null) {
            addAdapter(plan.adapter(), (int) sourceRow, values);
        }
        BlockFormat.of(plan.dtype()).quantize(values, 0, values.length, target, to);
    }

    /** Adds a row of {@code scaling · B A}; the adapter's rows are in the source's order. */
    private static void addAdapter(LoraModule adapter, int row, float[] values) {
        for (int k = 0; k < adapter.r(); k++) {
            float factor = adapter.scaling() * adapter.b()[row * adapter.r() + k];
            int a = k * adapter.inputs();
            for (int i = 0; i < values.length; i++) {
                values[i] += factor * adapter.a()[a + i];
            }
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
