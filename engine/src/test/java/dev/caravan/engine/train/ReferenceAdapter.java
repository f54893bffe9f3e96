package dev.caravan.engine.train;

import dev.caravan.engine.format.RowOrder;
import dev.caravan.engine.layer.Projection;
import dev.caravan.engine.layer.RotaryEmbedding.Pairs;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.lora.LoraModule;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.train.dataset.TrainingExample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The initial adapter of the references on large models, which would be too large to commit: values of {@code uniform} in
 * {@code golden/midm-training/make.py}, the same here and there.
 */
final class ReferenceAdapter {

    private ReferenceAdapter() {}

    /**
     * For all seven projections.
     *
     * @param boundOfB 0 for an adapter that changes nothing yet
     */
    static LoraAdapter of(LoraConfig config, Decoder decoder, double boundOfB) {
        LoraAdapter adapter = LoraAdapter.initial(config, decoder, 0);
        List<LoraModule> modules = adapter.modules();
        for (int number = 0; number < modules.size(); number++) {
            LoraModule module = modules.get(number);
            fill(module.a(), 2L * number, 1 / Math.sqrt(module.inputs()));
            float[] b = new float[module.b().length];
            fill(b, 2L * number + 1, boundOfB);
            copyRows(b, order(module.name(), decoder), module);
        }
        if (modules.size() != decoder.blocks().size() * Projection.values().length) {
            throw new IllegalArgumentException("an adapter of %d modules".formatted(modules.size()));
        }
        return adapter;
    }

    private static void copyRows(float[] b, RowOrder order, LoraModule module) {
        for (int row = 0; row < module.outputs(); row++) {
            System.arraycopy(b, (int) order.sourceRow(row) * module.r(), module.b(), row * module.r(), module.r());
        }
    }

    /** GGUF's llama has other rows of q and k than transformers. */
    private static RowOrder order(String module, Decoder decoder) {
        boolean isRotated = module.endsWith("q_proj") || module.endsWith("k_proj");
        boolean isAdjacent = decoder.rotaryEmbeddings().getFirst().pairs() == Pairs.ADJACENT;
        return isRotated && isAdjacent ? new RowOrder(decoder.config().headDim(), true) : RowOrder.SAME;
    }

    private static void fill(float[] values, long stream, double bound) {
        for (int i = 0; i < values.length; i++) {
            long z = ((stream << 32) + i) * 0x9E3779B97F4A7C15L;
            z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
            z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
            z ^= z >>> 31;
            values[i] = (float) (((double) (z >>> 40) / (1 << 23) - 1) * bound);
        }
    }

    /** {@code [[ids, mask], ...]} of a golden file. */
    static List<TrainingExample> examples(List<? extends @Nullable Object> pairs) {
        List<TrainingExample> examples = new ArrayList<>();
        for (Object pair : pairs) {
            List<?> idsAndMask = (List<?>) Objects.requireNonNull(pair);
            int[] mask = integers(idsAndMask.get(1));
            BitSet learned = new BitSet();
            for (int t = 0; t < mask.length; t++) {
                learned.set(t, mask[t] == 1);
            }
            examples.add(new TrainingExample(integers(idsAndMask.get(0)), learned));
        }
        return examples;
    }

    private static int[] integers(@Nullable Object list) {
        return Arrays.stream(((List<?>) Objects.requireNonNull(list)).toArray())
                .mapToInt(number -> ((Number) number).intValue())
                .toArray();
    }
}
