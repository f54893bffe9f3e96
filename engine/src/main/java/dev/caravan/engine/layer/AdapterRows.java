package dev.caravan.engine.layer;

import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.kernel.Matrix;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a pass that have adapters, and their additions to the linear layers. Neighbouring runs with the same adapter
 * are taken together. What a row gets does not depend on who shares its pass but for the order of sums, and nothing
 * depends on the number of threads. For one thread at a time.
 *
 * <p>Letters: T tokens, I inputs, O outputs, R rank.
 */
final class AdapterRows {

    /** Multiplications that are worth a task of their own: about ten microseconds. */
    private static final int TASK_WORK = 1 << 16;

    /** Up to so many rows are computed one by one: each gets the same bits as by itself. */
    private static final int FEW_ROWS = 8;

    /** Outputs are shared among tasks in multiples of this, so that the borders are those of vectors. */
    private static final int OUTPUT_BLOCK = 64;

    /** Neighbouring rows with one adapter. */
    private record Segment(BoundAdapter bound, int row, int rows) {}

    /**
     * One linear layer's addition for the rows of a segment.
     *
     * @param x {@code [T, I]}
     * @param y {@code [T, O]}
     * @param low where A x stands, {@code [rows, R]}
     */
    @SuppressWarnings("ArrayRecordComponent") // the pass's own buffers
    private record Addition(LowRankLinear linear, Segment segment, float[] x, float[] y, int low) {

        float scale() {
            return segment.bound.scale() * linear.scaling();
        }

        int outputBlocks() {
            return (linear.outputs() + OUTPUT_BLOCK - 1) / OUTPUT_BLOCK;
        }

        long downWork() {
            return (long) segment.rows * linear.rank() * linear.inputs();
        }

        long upWork() {
            return (long) segment.rows * linear.rank() * linear.outputs();
        }
    }

    private final Kernels kernels;
    private final List<Segment> segments = new ArrayList<>();
    private final List<Addition> additions = new ArrayList<>();
    private float[] low = new float[0];

    AdapterRows(Kernels kernels) {
        this.kernels = kernels;
    }

    /** Looks at the runs of a pass. */
    void begin(List<KvRun> runs) {
        segments.clear();
        BoundAdapter bound = null;
        int row = 0;
        int end = 0;
        for (KvRun run : runs) {
            if (bound == null || !bound.equals(run.adapter())) {
                take(bound, row, end);
                bound = run.adapter();
                row = run.row();
            }
            end = run.row() + run.tokens();
        }
        take(bound, row, end);
    }

    private void take(@Nullable BoundAdapter bound, int row, int end) {
        if (bound != null) {
            segments.add(new Segment(bound, row, end - row));
        }
    }

    /** Whether all rows are the base's. */
    boolean isEmpty() {
        return segments.isEmpty();
    }

    /** Adds to the outputs of some of a layer's projections; they have been computed and wait for nothing else. */
    void add(Activations state, int layer, Projection[] projections) {
        additions.clear();
        int lowSize = 0;
        for (Segment segment : segments) {
            for (Projection projection : projections) {
                LowRankLinear linear = segment.bound.adapter().at(layer, projection);
                if (linear != null) {
                    additions.add(
                            new Addition(linear, segment, state.input(projection), state.output(projection), lowSize));
                    lowSize += segment.rows * linear.rank();
                }
            }
        }
        low = low.length < lowSize ? new float[lowSize] : low;
        additions.removeIf(this::isDoneAsMatrices);
        if (!additions.isEmpty()) {
            addRowByRow();
        }
    }

    /** The runs of prompts: {@code y += (scale · x Aᵀ) Bᵀ} in two products. */
    private boolean isDoneAsMatrices(Addition addition) {
        LowRankLinear linear = addition.linear;
        int rows = addition.segment.rows;
        if (rows <= FEW_ROWS) {
            return false;
        }
        int row = addition.segment.row;
        Matrix x = new Matrix(addition.x, row * linear.inputs(), rows, linear.inputs(), false);
        Matrix y = new Matrix(addition.y, row * linear.outputs(), rows, linear.outputs(), false);
        Matrix ax = new Matrix(low, addition.low, rows, linear.rank(), false);
        Matrix down = Matrix.of(linear.down(), linear.rank(), linear.inputs());
        kernels.gemm(addition.scale(), x, down.transpose(), 0, ax);
        kernels.gemm(1, ax, Matrix.of(linear.up(), linear.rank(), linear.outputs()), 1, y);
        return true;
    }

    private void addRowByRow() {
        int rankRows = additions.stream().mapToInt(a -> a.linear.rank()).sum();
        share(rankRows, additions.stream().mapToLong(Addition::downWork).sum(), this::down);
        int blocks = additions.stream().mapToInt(Addition::outputBlocks).sum();
        share(blocks, additions.stream().mapToLong(Addition::upWork).sum(), this::up);
    }

    private interface Part {
        void run(int from, int end);
    }

    /** Cuts so many items into tasks by their work alone. */
    private void share(int items, long work, Part part) {
        int tasks = Math.clamp(work / TASK_WORK, 1, items);
        kernels.parallel(tasks, task -> {
            int from = (int) ((long) items * task / tasks);
            int end = (int) ((long) items * (task + 1) / tasks);
            part.run(from, end);
        });
    }

    /** {@code low = scale · A x} for some rows of A, counted through all additions. */
    private void down(int from, int end) {
        int first = 0;
        for (Addition addition : additions) {
            LowRankLinear linear = addition.linear;
            Segment segment = addition.segment;
            float scale = addition.scale();
            int last = Math.min(end - first, linear.rank());
            for (int r = Math.max(from - first, 0); r < last; r++) {
                for (int t = 0; t < segment.rows; t++) {
                    int x = (segment.row + t) * linear.inputs();
                    low[addition.low + t * linear.rank() + r] =
                            scale * kernels.dot(linear.down(), r * linear.inputs(), addition.x, x, linear.inputs());
                }
            }
            first += linear.rank();
        }
    }

    /** {@code y += B low} for some blocks of outputs, counted through all additions. */
    private void up(int from, int end) {
        int first = 0;
        for (Addition addition : additions) {
            LowRankLinear linear = addition.linear;
            int start = Math.max(from - first, 0) * OUTPUT_BLOCK;
            int count = Math.min((end - first) * OUTPUT_BLOCK, linear.outputs()) - start;
            for (int t = 0; t < addition.segment.rows && count > 0; t++) {
                int y = (addition.segment.row + t) * linear.outputs() + start;
                int lowRow = addition.low + t * linear.rank();
                for (int r = 0; r < linear.rank(); r++) {
                    kernels.addScaled(low[lowRow + r], linear.up(), r * linear.outputs() + start, addition.y, y, count);
                }
            }
            first += addition.outputBlocks();
        }
    }
}
