package dev.caravan.engine.train;

import dev.caravan.engine.train.dataset.PackedBatch;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** A loss function that goes wrong when it is asked to. */
final class FaultyLoss implements LossFunction {

    /** What happens instead of an answer. */
    interface Fault {
        /**
         * The loss that is told.
         *
         * @param call how many batches were learned from before
         * @param sum the true loss
         */
        double loss(int call, double sum, List<TrainableTensor> tensors);
    }

    private final LossFunction loss;
    private final Fault inTraining;
    private final Fault heldOut;
    private int calls;

    FaultyLoss(LossFunction loss, Fault inTraining) {
        this(loss, inTraining, (call, sum, tensors) -> sum);
    }

    /** With a fault of the losses without gradients too; it sees the same counter. */
    FaultyLoss(LossFunction loss, Fault inTraining, Fault heldOut) {
        this.loss = loss;
        this.inTraining = inTraining;
        this.heldOut = heldOut;
    }

    @Override
    public List<TrainableTensor> tensors() {
        return loss.tensors();
    }

    @Override
    public Map<String, String> identity() {
        return loss.identity();
    }

    @Override
    public double loss(PackedBatch batch, BooleanSupplier isCancelled) {
        return heldOut.loss(calls, loss.loss(batch, isCancelled), tensors());
    }

    @Override
    public double lossAndGradients(PackedBatch batch, float scale, long dropoutSeed, BooleanSupplier isCancelled) {
        double sum = loss.lossAndGradients(batch, scale, dropoutSeed, isCancelled);
        return inTraining.loss(calls++, sum, tensors());
    }
}
