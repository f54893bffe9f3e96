package dev.caravan.engine;

import dev.caravan.engine.SentenceModules.DenseModule;
import dev.caravan.engine.format.safetensors.SafetensorsFile;
import dev.caravan.engine.layer.Linear;
import dev.caravan.engine.model.SentenceHead;
import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Opens sentence-transformers' dense modules, each in a file of its own. */
final class DenseModules {

    private DenseModules() {}

    /**
     * Maps a module's weights.
     *
     * @param files receives the file, which must stay open while the layer is used
     * @throws ModelFormatException if the file is missing or does not hold what its configuration states
     */
    static SentenceHead.Dense open(DenseModule module, List<AutoCloseable> files) {
        SafetensorsFile file = SafetensorsFile.open(module.weights());
        files.add(file);
        Tensor weight = tensor(file, "linear.weight", module.outputs(), module.inputs());
        if (!module.hasBias()) {
            return new SentenceHead.Dense(new Linear(weight), module.hasTanh());
        }
        Tensor bias = tensor(file, "linear.bias", module.outputs());
        float[] values = new float[module.outputs()];
        BlockFormat.of(bias.dtype()).dequantize(bias.data(), 0, values, 0, values.length);
        return new SentenceHead.Dense(new Linear(weight, values), module.hasTanh());
    }

    private static Tensor tensor(SafetensorsFile file, String name, long... shape) {
        Tensor tensor = file.tensor(name);
        if (!Arrays.equals(tensor.shape(), shape)) {
            throw new ModelFormatException(
                    file.path(),
                    "the tensor %s has the shape %s, its config.json says %s; fetch it again"
                            .formatted(name, Arrays.toString(tensor.shape()), Arrays.toString(shape)));
        }
        return tensor;
    }
}
