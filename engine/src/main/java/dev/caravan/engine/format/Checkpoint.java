package dev.caravan.engine.format;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A model's weights and configuration as a file or folder holds them, whichever the format: names of tensors and keys
 * are transformers' ({@code model.layers.0.self_attn.q_proj.weight}, {@code hidden_size}), so that an architecture is
 * written once. Where formats differ in more than names, a trait says so. Immutable and thread-safe.
 *
 * <p>It owns the mapping: tensors must not be used after {@link #close()}.
 */
public interface Checkpoint extends AutoCloseable {

    /** The file or folder. */
    Path path();

    /** {@code model_type} of transformers' config.json: {@code llama}, {@code gemma3_text}, {@code qwen3}, ... */
    String modelType();

    /** The configuration under transformers' keys. */
    JsonObject config();

    /**
     * The tensor of that name.
     *
     * @throws ModelFormatException if there is none
     */
    default Tensor tensor(String name) {
        return findTensor(name)
                .orElseThrow(() -> new ModelFormatException(
                        path(),
                        "the tensor %s is missing; take a complete build of the model".formatted(nameInFile(name))));
    }

    Optional<Tensor> findTensor(String name);

    /** The names of all tensors. */
    List<String> tensorNames();

    /** How the file itself spells a tensor's name or a configuration's key, for messages. */
    String nameInFile(String name);

    /** The files that hold the weights, in the order of the model. */
    List<Path> weightFiles();

    /** The bytes of all weights in the types that {@link #tensor} gives; none is looked at for it. */
    long weightBytes();

    /** Whether the rows of q and k are stored so that rotary pairs are neighbours: GGUF's {@code llama}. */
    boolean hasAdjacentRotaryPairs();

    /** Whether a Gemma norm's weights have their {@code +1} already inside: GGUF. */
    boolean hasShiftedGemmaNorms();

    @Override
    void close();
}
