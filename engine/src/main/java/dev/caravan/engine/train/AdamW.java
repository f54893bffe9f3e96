package dev.caravan.engine.train;

import java.util.List;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, 2019), in f32 and in the order of operations of torch 2.15's
 * {@code _single_tensor_adam} ({@code torch/optim/adam.py}), whose kernels fuse the same two multiplications and
 * additions. The moments are torch's bits; a parameter may differ in its last bit, because torch's square root rounds
 * less exactly than Java's. Changes the tensors in place. For one thread.
 */
final class AdamW {

    /** The settings but for the learning rate; names are torch's. */
    record Settings(double beta1, double beta2, double epsilon, double weightDecay) {}

    private final Settings settings;
    private final List<TrainableTensor> tensors;
    private final List<float[]> expAvg;
    private final List<float[]> expAvgSq;
    private int step;

    AdamW(List<TrainableTensor> tensors, Settings settings) {
        this.tensors = List.copyOf(tensors);
        this.settings = settings;
        this.expAvg = zeros(tensors);
        this.expAvgSq = zeros(tensors);
    }

    private static List<float[]> zeros(List<TrainableTensor> tensors) {
        return tensors.stream().map(tensor -> new float[tensor.size()]).toList();
    }

    /** How many steps were made. */
    int step() {
        return step;
    }

    /** Goes on after that many steps; the moments are set by whoever calls. */
    void continueAfter(int steps) {
        step = steps;
    }

    /** The first moments, one array for each tensor; the optimiser's own. */
    List<float[]> expAvg() {
        return expAvg;
    }

    /** The second moments, one array for each tensor; the optimiser's own. */
    List<float[]> expAvgSq() {
        return expAvgSq;
    }

    /** Changes all tensors by their gradients. */
    void step(double learningRate) {
        step++;
        // StrictMath: the same bits on every machine.
        double biasCorrection1 = 1 - StrictMath.pow(settings.beta1, step);
        double biasCorrection2 = 1 - StrictMath.pow(settings.beta2, step);
        float denominatorScale = (float) Math.sqrt(biasCorrection2);
        float negativeStepSize = (float) -(learningRate / biasCorrection1);
        float decay = (float) (1 - learningRate * settings.weightDecay);
        for (int i = 0; i < tensors.size(); i++) {
            TrainableTensor tensor = tensors.get(i);
            updateMoments(tensor.gradient(), expAvg.get(i), expAvgSq.get(i));
            updateValues(
                    tensor.values(),
                    expAvg.get(i),
                    expAvgSq.get(i),
                    decay,
                    new Scales(denominatorScale, negativeStepSize));
        }
    }

    private record Scales(float denominator, float negativeStepSize) {}

    private void updateMoments(float[] gradient, float[] average, float[] squares) {
        float weight = (float) (1 - settings.beta1);
        float beta2 = (float) settings.beta2;
        float rest2 = (float) (1 - settings.beta2);
        // torch's lerp starts from the nearer end, so that a weight of 1 gives the end exactly.
        boolean isNearStart = weight < 0.5f;
        for (int i = 0; i < gradient.length; i++) {
            float g = gradient[i];
            float m = average[i];
            average[i] = isNearStart ? Math.fma(weight, g - m, m) : Math.fma(weight - 1, g - m, g);
            squares[i] = Math.fma(rest2 * g, g, squares[i] * beta2);
        }
    }

    private void updateValues(float[] values, float[] average, float[] squares, float decay, Scales scales) {
        float epsilon = (float) settings.epsilon;
        float denominatorScale = scales.denominator;
        float negativeStepSize = scales.negativeStepSize;
        for (int i = 0; i < values.length; i++) {
            float denominator = (float) Math.sqrt(squares[i]) / denominatorScale + epsilon;
            values[i] = values[i] * decay + negativeStepSize * average[i] / denominator;
        }
    }
}
