package dev.caravan.engine;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Decoders;
import dev.caravan.engine.model.WeightQuantizer;
import java.lang.foreign.Arena;

/**
 * A decoder with the memory that its weights lie in: the mapped checkpoint, and an arena for what was quantised on the
 * way. Owns both.
 *
 * @param weightBytes what the weights take
 */
record LoadedDecoder(Decoder decoder, Checkpoint checkpoint, Arena arena, long weightBytes) implements AutoCloseable {

    /**
     * Builds the decoder. Takes over the checkpoint unless it fails.
     *
     * @param kernels quantise
     * @throws ModelFormatException if the checkpoint holds a model that the engine cannot run
     */
    @SuppressWarnings("MustBeClosedChecker") // the record that is returned owns the arena
    static LoadedDecoder load(Checkpoint checkpoint, QuantizationConfig quantization, Kernels kernels) {
        Arena arena = Arena.ofShared();
        try {
            Decoder decoder = Decoders.load(checkpoint, new WeightQuantizer(quantization, kernels, arena));
            long bytes = WeightQuantizer.loadedBytes(checkpoint, quantization);
            return new LoadedDecoder(decoder, checkpoint, arena, bytes);
        } catch (RuntimeException | Error failure) {
            arena.close();
            throw failure;
        }
    }

    @Override
    public void close() {
        arena.close();
        checkpoint.close();
    }
}
