package dev.caravan.engine.train;

import java.nio.file.Path;

/** A process of its own that trains the small problem, for tests that kill it or take its disk away. */
final class TrainingChild {
    static final int STEPS = 300;
    static final int FAILED = 3;

    private TrainingChild() {}

    /** Resumes in the folder and tells each step; ends with {@link #FAILED} where the training fails. */
    public static void main(String[] arguments) {
        try {
            trainer(new BigramLoss(), Path.of(arguments[0]), new TrainingListener() {
                        @Override
                        public void onStep(TrainingStep step) {
                            tell("step " + step.step());
                        }
                    })
                    .resume(() -> false);
            tell("done");
        } catch (TrainingFailedException failure) {
            tell("failed " + failure.getMessage());
            System.exit(FAILED);
        }
    }

    @SuppressWarnings("SystemOut") // the parent reads it
    private static void tell(String line) {
        System.out.println(line);
        System.out.flush();
    }

    /** The same training in any process; every step writes a checkpoint. */
    static Trainer trainer(LossFunction loss, Path folder, TrainingListener listener) {
        TrainingConfig config = TrainingConfig.DEFAULT
                .with()
                .learningRate(0.02)
                .saveSteps(1)
                .evalSteps(3)
                .build();
        TrainingBatches batches = new TrainingBatches(BigramLoss.batches(STEPS, 2, 1), BigramLoss.batches(3, 1, 99));
        return new Trainer(loss, batches, config, folder, listener);
    }
}
