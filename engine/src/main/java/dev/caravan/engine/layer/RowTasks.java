package dev.caravan.engine.layer;

import dev.caravan.engine.kernel.Kernels;

/**
 * Work on rows that don't depend on each other, shared by the workers. The cut follows from the number of rows alone, so
 * the result is the same on any number of threads.
 */
public final class RowTasks {

    /** Enough of a row's arithmetic to be worth handing out; few enough that the workers end together. */
    private static final int ROWS_PER_TASK = 16;

    private RowTasks() {}

    /** Takes the rows from {@code first} to {@code end - 1}. */
    public interface Body {
        void accept(int first, int end);
    }

    /** Calls {@code body} for parts that are all of the rows together. */
    public static void run(Kernels kernels, int rows, Body body) {
        int tasks = (rows + ROWS_PER_TASK - 1) / ROWS_PER_TASK;
        kernels.parallel(tasks, task -> {
            int first = task * ROWS_PER_TASK;
            body.accept(first, Math.min(rows, first + ROWS_PER_TASK));
        });
    }
}
