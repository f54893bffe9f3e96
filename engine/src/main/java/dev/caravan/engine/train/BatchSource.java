package dev.caravan.engine.train;

import dev.caravan.engine.train.dataset.PackedBatch;
import java.util.List;

/**
 * Which batches each step of the optimiser learns from. A step's batches depend on the step alone, not on what was asked
 * for before, so that a training goes on where it stopped. For one thread.
 */
public interface BatchSource {

    /** The number of steps. */
    int steps();

    /**
     * The batches of one step, at least one; their gradients are summed.
     *
     * @param step from 0
     */
    List<PackedBatch> batches(int step);

    /** How often the data have been seen after that many steps. */
    double epochs(int steps);

    /** Names the data and their order: a training goes on only with the same. */
    String hash();

    /**
     * Given batches in a given order.
     *
     * @param steps the batches of each step; none is for held-out data that there are none of
     */
    static BatchSource of(List<List<PackedBatch>> steps) {
        return new FixedBatches(steps);
    }
}
