package dev.caravan.engine.convert;

import dev.caravan.engine.Checkpoints;
import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.lora.LoraFiles;
import java.nio.file.Path;

/**
 * Merges an adapter into a base: {@code W + scaling · B A}, computed in float32 and rounded once. The adapter may have been
 * trained on the same model in another format, so its shapes are checked and not the base's hash.
 */
public final class LoraMerge {

    private static final String REQUANTIZED =
            "the matrices that the adapter changes are quantised with the rest: much of what was learned is rounded away (see docs/reference/adapters.md); serve the adapter beside its base, or leave these matrices at 8 bits";

    private LoraMerge() {}

    /**
     * Plans a merge.
     *
     * @param base a GGUF file, or a folder or file of safetensors
     * @param adapter a PEFT folder, or a {@code .gguf} adapter
     * @param target a path that ends in {@code .gguf}, or a folder
     * @return closes the base; nothing is written before it runs
     * @throws ModelFormatException if base or adapter cannot be read or do not fit
     * @throws IllegalArgumentException if type and target do not fit, or the target is there already
     */
    public static ModelConversion open(Path base, Path adapter, Path target, MergeOptions options) {
        boolean keepsTypes = options.type().isEmpty() && ModelConversion.isGguf(target) && isGguf(base);
        TargetType type = options.type().orElse(ModelConversion.isGguf(target) ? TargetType.F16 : TargetType.BF16);
        ConversionOptions usual = ConversionOptions.of(type);
        ConversionOptions conversion = new ConversionOptions(
                type, usual.doubleQuantization(), options.replace(), options.threads(), usual.maxShardBytes());
        ModelConversion merge = ModelConversion.open(
                base,
                target,
                conversion,
                decoder ->
                        new SourceModel.Merge(LoraFiles.read(adapter, decoder, ""), options.requantize(), keepsTypes));
        if (merge.tensors().stream().anyMatch(LoraMerge::isCoarse)) {
            merge.addNote(REQUANTIZED);
        }
        return merge;
    }

    private static boolean isCoarse(TensorPlan plan) {
        return plan.adapter() != null
                && plan.dtype().blockBytes() < plan.dtype().blockElements();
    }

    private static boolean isGguf(Path base) {
        try (Checkpoint checkpoint = Checkpoints.open(base)) {
            return checkpoint instanceof GgufCheckpoint;
        }
    }
}
