package dev.caravan.engine.train;

/**
 * The learning rate of each step: the schedules of transformers 5.23's {@code get_scheduler} ({@code optimization.py}) in
 * the same double arithmetic. The first step of a warm-up has the rate 0.
 *
 * @param warmupSteps over so many steps the rate rises from 0 in a line
 * @param steps of the whole training
 */
public record LearningRateSchedule(LrSchedulerType type, double learningRate, int warmupSteps, int steps) {

    /** transformers' {@code SchedulerType}, as far as it is supported. */
    public enum LrSchedulerType {
        CONSTANT("constant"),
        CONSTANT_WITH_WARMUP("constant_with_warmup"),
        LINEAR("linear"),
        COSINE("cosine");

        private final String text;

        LrSchedulerType(String text) {
            this.text = text;
        }

        /** The name in transformers. */
        public String text() {
            return text;
        }

        /**
         * The type of that name in transformers.
         *
         * @throws IllegalArgumentException if it is none of them
         */
        public static LrSchedulerType of(String text) {
            for (LrSchedulerType type : values()) {
                if (type.text.equals(text)) {
                    return type;
                }
            }
            throw new IllegalArgumentException(
                    "lrSchedulerType is %s; choose constant, constant_with_warmup, linear or cosine".formatted(text));
        }
    }

    public LearningRateSchedule {
        if (warmupSteps < 0 || steps < 1) {
            throw new IllegalArgumentException(
                    "a schedule needs one step or more and no negative warm-up, got %d and %d"
                            .formatted(steps, warmupSteps));
        }
    }

    /** The rate of a step, which is counted from 0. */
    public double at(int step) {
        return learningRate * factor(step);
    }

    private double factor(int step) {
        if (type == LrSchedulerType.CONSTANT) {
            return 1; // transformers' constant has no warm-up, whatever is set
        }
        if (step < warmupSteps) {
            return (double) step / warmupSteps;
        }
        double rest = Math.max(1, steps - warmupSteps);
        return switch (type) {
            case CONSTANT, CONSTANT_WITH_WARMUP -> 1;
            case LINEAR -> Math.max(0, (steps - step) / rest);
            case COSINE -> Math.max(0, 0.5 * (1 + StrictMath.cos(Math.PI * 0.5 * 2 * ((step - warmupSteps) / rest))));
        };
    }
}
