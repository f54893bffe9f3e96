package dev.caravan.engine.train;

import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.lora.LoraModule;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.train.dataset.PackedBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;

/** Adapters and batches of random values for tests of training. */
final class TinyTraining {

    private TinyTraining() {}

    /** An adapter that changes the model: A and B both random. */
    static LoraAdapter adapter(LoraConfig config, Decoder decoder, long seed) {
        LoraAdapter adapter = LoraAdapter.initial(config, decoder, seed);
        SplittableRandom random = new SplittableRandom(seed);
        for (LoraModule module : adapter.modules()) {
            for (int i = 0; i < module.b().length; i++) {
                module.b()[i] = (float) random.nextDouble(-0.2, 0.2);
            }
        }
        return adapter;
    }

    /** Sequences of random tokens, about two thirds of which are learned. */
    static PackedBatch batch(int vocabulary, long seed, int... lengths) {
        SplittableRandom random = new SplittableRandom(seed);
        int total = 0;
        for (int length : lengths) {
            total += length;
        }
        int[] tokens = random.ints(total, 0, vocabulary).toArray();
        int[] positions = new int[total];
        int[] starts = new int[lengths.length];
        BitSet learned = new BitSet();
        int at = 0;
        for (int sequence = 0; sequence < lengths.length; sequence++) {
            starts[sequence] = at;
            for (int position = 0; position < lengths[sequence]; position++, at++) {
                positions[at] = position;
                learned.set(at, position > 0 && random.nextInt(3) > 0);
            }
        }
        return new PackedBatch(tokens, positions, starts, learned);
    }

    /** One of a batch's sequences alone. */
    static PackedBatch sequence(PackedBatch batch, int index) {
        int start = batch.starts()[index];
        int end = batch.end(index);
        return new PackedBatch(
                Arrays.copyOfRange(batch.tokens(), start, end),
                Arrays.copyOfRange(batch.positions(), start, end),
                new int[] {0},
                batch.learned().get(start, end));
    }

    /** A plan that keeps the activations of so many layers. */
    static TrainingPlan plan(Decoder decoder, LoraAdapter adapter, int maxTokens, int keptLayers) {
        return TrainingPlan.keeping(decoder, adapter.config(), maxTokens, keptLayers);
    }

    /** All gradients one after another, module by module. */
    static List<float[]> arrays(LoraGradients gradients) {
        List<float[]> arrays = new ArrayList<>();
        for (int module = 0; module < gradients.modules(); module++) {
            arrays.add(gradients.a(module));
            arrays.add(gradients.b(module));
        }
        return arrays;
    }
}
