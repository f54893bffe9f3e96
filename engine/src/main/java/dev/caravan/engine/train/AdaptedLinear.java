package dev.caravan.engine.train;

import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.kernel.Matrix;
import dev.caravan.engine.layer.Linear;
import dev.caravan.engine.layer.Projection;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraModule;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A frozen linear layer with the adapter that is trained on it, if it has one: {@code y = x Wᵀ + b + scaling *
 * dropout(x) Aᵀ Bᵀ} (Hu et al. 2021, LoRA). No gradient of W or b is ever computed.
 */
final class AdaptedLinear {

    private final Linear base;
    private final @Nullable LoraModule module;
    private final int index;

    private AdaptedLinear(Linear base, @Nullable LoraModule module, int index) {
        this.base = base;
        this.module = module;
        this.index = index;
    }

    /**
     * A layer of a decoder.
     *
     * @throws IllegalArgumentException if the adapter's shape is not the layer's
     */
    static AdaptedLinear of(Linear base, Projection projection, int layer, LoraAdapter adapter) {
        String name = projection.module(layer);
        List<LoraModule> modules = adapter.modules();
        for (int i = 0; i < modules.size(); i++) {
            LoraModule module = modules.get(i);
            if (module.name().equals(name)) {
                requireShape(base, module);
                return new AdaptedLinear(base, module, i);
            }
        }
        return new AdaptedLinear(base, null, -1);
    }

    private static void requireShape(Linear base, LoraModule module) {
        int outputs = base.weight().rows();
        int inputs = base.weight().columns();
        if (module.outputs() != outputs || module.inputs() != inputs) {
            throw new IllegalArgumentException(
                    "the adapter of %s is for a layer [%d, %d], the model's is [%d, %d]; take an adapter of this model"
                            .formatted(module.name(), module.outputs(), module.inputs(), outputs, inputs));
        }
    }

    /** One of a block's layers. */
    static AdaptedLinear in(Map<Projection, AdaptedLinear> layers, Projection projection) {
        return Objects.requireNonNull(layers.get(projection), projection.path());
    }

    /** The values of a row of x. */
    int inputs() {
        return base.weight().columns();
    }

    boolean isAdapted() {
        return module != null;
    }

    /**
     * {@code x[tokens, in]} to {@code y[tokens, out]}.
     *
     * @param lowRank receives {@code dropout(x) Aᵀ}, {@code [tokens, r]}, for the backward pass
     */
    void forward(TrainingBuffers buffers, float[] x, float[] y, float[] lowRank) {
        base.forward(buffers.kernels, x, y, buffers.tokens());
        if (module != null) {
            shrink(buffers, module, x, lowRank);
            Matrix b = Matrix.of(module.b(), module.outputs(), module.r());
            Matrix product = Matrix.of(lowRank, buffers.tokens(), module.r());
            Matrix output = Matrix.of(y, buffers.tokens(), module.outputs());
            buffers.kernels.gemm(module.scaling(), product, b.transpose(), 1, output);
        }
    }

    /** The adapter's half of the forward pass that its gradient needs. */
    void shrink(TrainingBuffers buffers, float[] x, float[] lowRank) {
        if (module != null) {
            shrink(buffers, module, x, lowRank);
        }
    }

    private void shrink(TrainingBuffers buffers, LoraModule lora, float[] x, float[] lowRank) {
        Matrix input = Matrix.of(input(buffers, lora, x), buffers.tokens(), lora.inputs());
        Matrix a = Matrix.of(lora.a(), lora.r(), lora.inputs());
        buffers.kernels.gemm(1, input, a.transpose(), 0, Matrix.of(lowRank, buffers.tokens(), lora.r()));
    }

    private float[] input(TrainingBuffers buffers, LoraModule lora, float[] x) {
        if (buffers.dropout().isNone()) {
            return x;
        }
        buffers.dropout().apply(buffers.kernels, index, x, buffers.dropped, buffers.tokens(), lora.inputs());
        return buffers.dropped;
    }

    /**
     * Adds to the adapter's gradients and computes that of the input.
     *
     * @param x as in the forward pass
     * @param dy {@code [tokens, out]}
     * @param dx overwritten with {@code [tokens, in]}, may be the array of {@code x}; null if nobody needs it
     * @param lowRank as the forward pass left it
     */
    void backward(
            TrainingBuffers buffers,
            LoraGradients gradients,
            float[] x,
            float[] dy,
            float @Nullable [] dx,
            float[] lowRank) {
        if (module != null) {
            addGradients(buffers, module, gradients, x, dy, lowRank);
        }
        if (dx != null) {
            base.backward(buffers.kernels, dy, dx, buffers.tokens());
            if (module != null) {
                addInputGradient(buffers, module, dx);
            }
        }
    }

    private void addGradients(
            TrainingBuffers buffers, LoraModule lora, LoraGradients gradients, float[] x, float[] dy, float[] lowRank) {
        Kernels kernels = buffers.kernels;
        int tokens = buffers.tokens();
        Matrix output = Matrix.of(dy, tokens, lora.outputs());
        Matrix b = Matrix.of(lora.b(), lora.outputs(), lora.r());
        Matrix product = Matrix.of(buffers.lowRankGradient, tokens, lora.r());
        kernels.gemm(lora.scaling(), output, b, 0, product);
        Matrix db = Matrix.of(gradients.b(index), lora.outputs(), lora.r());
        kernels.gemm(lora.scaling(), output.transpose(), Matrix.of(lowRank, tokens, lora.r()), 1, db);
        Matrix input = Matrix.of(input(buffers, lora, x), tokens, lora.inputs());
        Matrix da = Matrix.of(gradients.a(index), lora.r(), lora.inputs());
        kernels.gemm(1, product.transpose(), input, 1, da);
    }

    /** Of {@code x} through the adapter; {@link #addGradients} has left the gradient of {@code x Aᵀ}. */
    private void addInputGradient(TrainingBuffers buffers, LoraModule lora, float[] dx) {
        Kernels kernels = buffers.kernels;
        int tokens = buffers.tokens();
        Matrix product = Matrix.of(buffers.lowRankGradient, tokens, lora.r());
        Matrix a = Matrix.of(lora.a(), lora.r(), lora.inputs());
        if (buffers.dropout().isNone()) {
            kernels.gemm(1, product, a, 1, Matrix.of(dx, tokens, lora.inputs()));
        } else {
            kernels.gemm(1, product, a, 0, Matrix.of(buffers.dropped, tokens, lora.inputs()));
            buffers.dropout().addGradient(kernels, index, buffers.dropped, dx, tokens, lora.inputs());
        }
    }
}
