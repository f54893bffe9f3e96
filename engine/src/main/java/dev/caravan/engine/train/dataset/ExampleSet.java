package dev.caravan.engine.train.dataset;

import java.util.List;

/** Examples by index. Lengths are at hand; an example itself may be read and encoded anew at each call. Thread-safe. */
public interface ExampleSet {

    int size();

    /** The number of tokens of an example. */
    int tokens(int index);

    /** The number of tokens of an example that are learned. */
    int learnedTokens(int index);

    /**
     * An example.
     *
     * @throws DatasetException if its row has changed in the file since the file was opened
     */
    TrainingExample example(int index);

    /** Examples that are in memory. */
    static ExampleSet of(List<TrainingExample> examples) {
        List<TrainingExample> held = List.copyOf(examples);
        return new ExampleSet() {
            @Override
            public int size() {
                return held.size();
            }

            @Override
            public int tokens(int index) {
                return held.get(index).tokens().length;
            }

            @Override
            public int learnedTokens(int index) {
                return held.get(index).learnedTokens();
            }

            @Override
            public TrainingExample example(int index) {
                return held.get(index);
            }
        };
    }
}
