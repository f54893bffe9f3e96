package dev.caravan.engine.model;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.json.JsonObject;
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
 * Reads an architecture's tensors from a checkpoint and checks every shape. It remembers what was read: a tensor that
 * the architecture does not use is a part of the computation that would be left out in silence.
 */
final class Weights {

    private static final String EMBEDDINGS = "model.embed_tokens.weight";
    private static final String OUTPUT = "lm_head";

    /** Llama 2 files of early days hold the rotary frequencies, which follow from the configuration. */
    private static final String DERIVED = ".rotary_emb.inv_freq";

    private final Checkpoint checkpoint;
    private final WeightQuantizer quantizer;
    private final Set<String> read = new HashSet<>();

    Weights(Checkpoint checkpoint, WeightQuantizer quantizer) {
        this.checkpoint = checkpoint;
        this.quantizer = quantizer;
    }

    Checkpoint checkpoint() {
        return checkpoint;
    }

    JsonObject config() {
        return checkpoint.config();
    }

    /** A size of the configuration, from 1 to {@code most}. */
    int size(String key, int most) {
        int value = config().integer(key);
        if (value < 1 || value > most) {
            throw refused("the key %s holds %d, which is out of range; take a complete build of the model"
                    .formatted(checkpoint.nameInFile(key), value));
        }
        return value;
    }

    /** The token embeddings of a decoder. */
    Tensor embeddings(DecoderConfig config) {
        return tensor(EMBEDDINGS, config.vocabSize(), config.hiddenSize());
    }

    /**
     * The output matrix of a decoder: the embeddings where they are tied, as transformers does even if the file holds a
     * matrix of its own.
     *
     * @param tiedByDefault what an absent {@code tie_word_embeddings} means in this family
     */
    Linear output(DecoderConfig config, Tensor embeddings, boolean tiedByDefault) {
        if (config().flag("tie_word_embeddings", tiedByDefault)) {
            read.add(OUTPUT + ".weight");
            return new Linear(embeddings);
        }
        return linear(OUTPUT, config.vocabSize(), config.hiddenSize());
    }

    private Tensor quantized(String module, Tensor weight) {
        try {
            return quantizer.load(module, weight);
        } catch (IllegalArgumentException problem) {
            throw new ModelFormatException(checkpoint.path(), String.valueOf(problem.getMessage()), problem);
        }
    }

    boolean has(String name) {
        return checkpoint.findTensor(name).isPresent();
    }

    /** A linear layer: {@code NAME.weight}, quantised if asked for, and {@code NAME.bias} where the file has one. */
    Linear linear(String name, int outputs, int inputs) {
        Tensor weight = quantized(name, tensor(name + ".weight", outputs, inputs));
        return has(name + ".bias") ? new Linear(weight, vector(name + ".bias", outputs)) : new Linear(weight);
    }

    /** A linear layer whose bias the architecture does not do without. */
    Linear biasedLinear(String name, int outputs, int inputs) {
        return new Linear(linear(name, outputs, inputs).weight(), vector(name + ".bias", outputs));
    }

    /** A table of vectors, of any type: embeddings. */
    Tensor table(String name, int rows, int columns) {
        return tensor(name, rows, columns);
    }

    /** Leaves out what the computation does not need: heads for other tasks. */
    void ignore(String prefix) {
        checkpoint.tensorNames().stream()
                .filter(name -> name.startsWith(prefix))
                .forEach(read::add);
    }

    /** A norm whose weights are the factors themselves. */
    RmsNorm norm(String name, int size, float epsilon) {
        return new RmsNorm(vector(name, size), epsilon);
    }

    /** A Gemma norm: its factors are 1 + weight, which a GGUF file has already added. */
    RmsNorm gemmaNorm(String name, int size, float epsilon) {
        float[] weight = vector(name, size);
        if (!checkpoint.hasShiftedGemmaNorms()) {
            for (int i = 0; i < size; i++) {
                weight[i] += 1;
            }
        }
        return new RmsNorm(weight, epsilon);
    }

    /** A vector as floats. */
    float[] vector(String name, int size) {
        Tensor tensor = tensor(name, size);
        if (tensor.dtype() != DType.F32 && tensor.dtype() != DType.F16 && tensor.dtype() != DType.BF16) {
            throw refused("the tensor %s has the type %s, expected F32; convert the model again"
                    .formatted(checkpoint.nameInFile(name), tensor.dtype()));
        }
        float[] values = new float[size];
        BlockFormat.of(tensor.dtype()).dequantize(tensor.data(), 0, values, 0, size);
        return values;
    }

    private Tensor tensor(String name, long... shape) {
        Tensor tensor = checkpoint.tensor(name);
        if (!Arrays.equals(tensor.shape(), shape)) {
            throw refused("the tensor %s has the shape %s, expected %s; take a complete build of the model"
                    .formatted(checkpoint.nameInFile(name), text(tensor.shape()), text(shape)));
        }
        read.add(name);
        return tensor;
    }

    private static String text(long[] shape) {
        return LongStream.of(shape).boxed().toList().toString();
    }

    /** Refuses a checkpoint with tensors that were not read. */
    void requireAllRead() {
        List<String> left = checkpoint.tensorNames().stream()
                .filter(name -> !read.contains(name) && !name.endsWith(DERIVED))
                .map(checkpoint::nameInFile)
                .toList();
        if (!left.isEmpty()) {
            throw refused(
                    ("the tensor %s%s is not part of the architecture %s as the engine knows it (experts, adapters "
                                    + "and other variants are not supported); choose another model")
                            .formatted(
                                    left.getFirst(),
                                    left.size() == 1 ? "" : " (and %d more)".formatted(left.size() - 1),
                                    checkpoint.modelType()));
        }
    }

    /**
     * What an architecture throws when a checkpoint cannot be run.
     *
     * @param problem what is wrong and what to do, in one sentence
     */
    ModelFormatException refused(String problem) {
        return new ModelFormatException(checkpoint.path(), problem);
    }
}
