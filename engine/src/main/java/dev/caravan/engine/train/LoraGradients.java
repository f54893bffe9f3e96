package dev.caravan.engine.train;

import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraModule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The gradients of an adapter's parameters, module by module in its order. For one thread at a time. */
public final class LoraGradients {

    private final List<float[]> a;
    private final List<float[]> b;

    /** Zeros. */
    public LoraGradients(LoraAdapter adapter) {
        a = new ArrayList<>();
        b = new ArrayList<>();
        for (LoraModule module : adapter.modules()) {
            a.add(new float[module.a().length]);
            b.add(new float[module.b().length]);
        }
    }

    /** The number of modules. */
    public int modules() {
        return a.size();
    }

    /** {@code [r, inputs]} of a module, itself and not a copy. */
    public float[] a(int module) {
        return a.get(module);
    }

    /** {@code [outputs, r]} of a module, itself and not a copy. */
    public float[] b(int module) {
        return b.get(module);
    }

    /** Sets all to 0. */
    public void zero() {
        a.forEach(values -> Arrays.fill(values, 0));
        b.forEach(values -> Arrays.fill(values, 0));
    }

    /** The Euclidean norm of all gradients together; not finite if one of them is not. */
    public double norm() {
        double sum = 0;
        for (int module = 0; module < modules(); module++) {
            sum += squares(a(module)) + squares(b(module));
        }
        return Math.sqrt(sum);
    }

    private static double squares(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += (double) value * value;
        }
        return sum;
    }

    /** Multiplies all by a factor. */
    public void scale(float factor) {
        for (int module = 0; module < modules(); module++) {
            scale(a(module), factor);
            scale(b(module), factor);
        }
    }

    private static void scale(float[] values, float factor) {
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor;
        }
    }
}
