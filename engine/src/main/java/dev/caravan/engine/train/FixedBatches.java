package dev.caravan.engine.train;

import dev.caravan.engine.train.dataset.PackedBatch;
import java.util.List;

/** Batches that are in memory, in an order that somebody else has decided. */
record FixedBatches(List<List<PackedBatch>> list) implements BatchSource {

    FixedBatches {
        list = list.stream().map(List::copyOf).toList();
        if (list.stream().anyMatch(List::isEmpty)) {
            throw new IllegalArgumentException("every step needs a batch");
        }
    }

    @Override
    public int steps() {
        return list.size();
    }

    @Override
    public List<PackedBatch> batches(int step) {
        return list.get(step);
    }

    @Override
    public double epochs(int steps) {
        return list.isEmpty() ? 0 : (double) steps / list.size();
    }

    @Override
    public String hash() {
        TrainingHash hash = new TrainingHash();
        for (List<PackedBatch> step : list) {
            hash.add(step.size());
            for (PackedBatch batch : step) {
                hash.add(batch.tokens());
                hash.add(batch.starts());
                hash.add(batch.learned().stream().toArray());
            }
        }
        return hash.hex();
    }
}
