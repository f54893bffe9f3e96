package dev.caravan.engine.model;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.gguf.GgufFile;
import dev.caravan.engine.format.gguf.GgufMetadata;
import dev.caravan.engine.layer.Linear;
import dev.caravan.engine.layer.RmsNorm;
import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * Reads a decoder's hyper-parameters and tensors from a GGUF file and checks every shape. It remembers what was read:
 * a tensor that the architecture does not use is a part of the computation that would be left out in silence.
 */
final class GgufWeights {

    /** Bounds that keep a hostile file from asking for absurd buffers; far above any model that a CPU can run. */
    private static final int MAX_LAYERS = 1024;

    private static final int MAX_SIZE = 1 << 20;

    private final GgufFile file;
    private final GgufMetadata metadata;
    private final String architecture;
    private final Set<String> read = new HashSet<>();

    GgufWeights(GgufFile file, String architecture) {
        this.file = file;
        this.metadata = file.metadata();
        this.architecture = architecture;
    }

    /** The configuration by GGUF's keys; the head size falls back to hidden size / heads as GGUF says. */
    DecoderConfig config() {
        int hiddenSize = size("embedding_length", MAX_SIZE);
        int heads = size("attention.head_count", MAX_SIZE);
        int kvHeads =
                metadata.contains(key("attention.head_count_kv")) ? size("attention.head_count_kv", heads) : heads;
        int headDim = metadata.contains(key("attention.key_length"))
                ? size("attention.key_length", MAX_SIZE)
                : hiddenSize / heads;
        Tensor embeddings = file.tensor("token_embd.weight");
        DecoderConfig config = new DecoderConfig(
                architecture,
                embeddings.rows(),
                hiddenSize,
                size("feed_forward_length", MAX_SIZE),
                size("block_count", MAX_LAYERS),
                heads,
                kvHeads,
                headDim,
                size("context_length", Integer.MAX_VALUE),
                metadata.floatValue(key("attention.layer_norm_rms_epsilon")));
        check(heads % kvHeads == 0, "%d attention heads cannot share %d key-value heads".formatted(heads, kvHeads));
        check(headDim % 2 == 0 && headDim > 0, "a head size of %d cannot be rotated".formatted(headDim));
        check(integer("attention.value_length", headDim) == headDim, "keys and values of different sizes");
        check(integer("rope.dimension_count", headDim) == headDim, "heads that are rotated in part");
        check(
                config.rmsNormEpsilon() > 0 && config.rmsNormEpsilon() < 1,
                "a norm's epsilon of " + config.rmsNormEpsilon());
        return config;
    }

    private void check(boolean holds, String problem) {
        if (!holds) {
            throw refused("the file has %s, which the engine's %s cannot run; take another build of the model"
                    .formatted(problem, architecture));
        }
    }

    private int size(String name, int most) {
        int value = metadata.integer(key(name));
        if (value < 1 || value > most) {
            throw refused("the metadata key %s holds %d, which is out of range; take a complete build of the model"
                    .formatted(key(name), value));
        }
        return value;
    }

    int integer(String name, int otherwise) {
        return metadata.integer(key(name), otherwise);
    }

    /** A number that must be above 0 and finite. */
    float positive(String name, float otherwise) {
        float value = metadata.floatValue(key(name), otherwise);
        if (!(value > 0 && value < Float.POSITIVE_INFINITY)) {
            throw refused("the metadata key %s holds %s, which is out of range; take a complete build of the model"
                    .formatted(key(name), value));
        }
        return value;
    }

    String string(String name, String otherwise) {
        return metadata.string(key(name), otherwise);
    }

    private String key(String name) {
        return architecture + "." + name;
    }

    /** The rotary scaling by a constant factor, 1 where there is none; other kinds are refused. */
    float linearRopeFactor() {
        String type = string("rope.scaling.type", "none");
        return switch (type) {
            case "none" -> 1;
            case "linear" -> positive("rope.scaling.factor", 1);
            default ->
                throw refused(
                        "the rope scaling %s is not supported; take a build of the model without it".formatted(type));
        };
    }

    boolean has(String name) {
        return file.findTensor(name).isPresent();
    }

    /** A matrix of exactly this shape. */
    Tensor matrix(String name, int rows, int columns) {
        return tensor(name, rows, columns);
    }

    Linear linear(String name, int outputs, int inputs) {
        return new Linear(tensor(name, outputs, inputs));
    }

    RmsNorm norm(String name, int size, float epsilon) {
        return new RmsNorm(vector(name, size), epsilon);
    }

    /** A vector as floats. */
    float[] vector(String name, int size) {
        Tensor tensor = tensor(name, size);
        if (tensor.dtype() != DType.F32 && tensor.dtype() != DType.F16 && tensor.dtype() != DType.BF16) {
            throw refused("the tensor %s has the type %s, expected F32; convert the model again"
                    .formatted(name, tensor.dtype()));
        }
        float[] values = new float[size];
        BlockFormat.of(tensor.dtype()).dequantize(tensor.data(), 0, values, 0, size);
        return values;
    }

    private Tensor tensor(String name, long... shape) {
        Tensor tensor = file.tensor(name);
        if (!Arrays.equals(tensor.shape(), shape)) {
            throw refused("the tensor %s has the shape %s, expected %s; take a complete build of the model"
                    .formatted(name, text(tensor.shape()), text(shape)));
        }
        read.add(name);
        return tensor;
    }

    private static String text(long[] shape) {
        return LongStream.of(shape).boxed().toList().toString();
    }

    /** Refuses a file with tensors that were not read. */
    void requireAllRead() {
        List<String> left =
                file.tensorNames().stream().filter(name -> !read.contains(name)).toList();
        if (!left.isEmpty()) {
            throw refused(("the tensor %s%s is not part of the architecture %s as the engine knows it (biases, experts "
                            + "and other variants are not supported); choose another model")
                    .formatted(
                            left.getFirst(),
                            left.size() == 1 ? "" : " (and %d more)".formatted(left.size() - 1),
                            architecture));
        }
    }

    private ModelFormatException refused(String problem) {
        return new ModelFormatException(file.path(), problem);
    }
}
