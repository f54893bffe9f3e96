package dev.caravan.engine.train;

import dev.caravan.engine.kernel.AttentionShape;
import dev.caravan.engine.layer.CausalSelfAttention;
import dev.caravan.engine.layer.DecoderBlock;
import dev.caravan.engine.layer.Projection;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.model.Decoder;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * What the buffers of a training pass are sized by; of sizes that differ between layers the largest.
 *
 * @param layers of the decoder
 * @param firstAdapted the lowest layer with an adapter: no gradient flows below it
 * @param hidden values of a token between layers
 * @param query values of all query heads
 * @param keyValue values of all key heads
 * @param heads query heads
 * @param feedForward inner values of the MLP
 * @param hasHeadNorms whether queries or keys are normed
 * @param hasAttentionOutputNorm whether what attention adds is normed
 * @param hasMlpOutputNorm whether what the MLP adds is normed
 * @param ranks of the adapters; 0 for a projection without
 * @param hasDropout whether inputs of adapters are left out
 * @param vocabulary tokens with logits
 * @param maxTokens the most tokens of a batch
 */
record TrainingSizes(
        int layers,
        int firstAdapted,
        int hidden,
        int query,
        int keyValue,
        int heads,
        int feedForward,
        boolean hasHeadNorms,
        boolean hasAttentionOutputNorm,
        boolean hasMlpOutputNorm,
        Map<Projection, Integer> ranks,
        boolean hasDropout,
        int vocabulary,
        int maxTokens) {

    /**
     * The sizes for an adapter of a model.
     *
     * @param rank the rank of a module's adapter, by its name; 0 for none
     * @throws IllegalArgumentException if no layer has an adapter, or there is no room for a token
     */
    static TrainingSizes of(Decoder decoder, ToIntFunction<String> rank, boolean hasDropout, int maxTokens) {
        if (maxTokens < 2) {
            throw new IllegalArgumentException("a batch should hold 2 tokens or more, not " + maxTokens);
        }
        List<DecoderBlock> blocks = decoder.blocks();
        Map<Projection, Integer> ranks = new EnumMap<>(Projection.class);
        int firstAdapted = blocks.size();
        for (int layer = blocks.size() - 1; layer >= 0; layer--) {
            for (Projection projection : Projection.values()) {
                int r = rank.applyAsInt(projection.module(layer));
                ranks.merge(projection, r, Math::max);
                firstAdapted = r > 0 ? layer : firstAdapted;
            }
        }
        if (firstAdapted == blocks.size()) {
            throw new IllegalArgumentException("no layer of the model has an adapter; check target_modules");
        }
        DecoderBlock block = blocks.getFirst();
        CausalSelfAttention.Weights attention = block.attention().weights();
        AttentionShape shape = block.attention().shape();
        return new TrainingSizes(
                blocks.size(),
                firstAdapted,
                decoder.config().hiddenSize(),
                shape.querySize(),
                shape.keyValueSize(),
                shape.heads(),
                block.mlp().gate().weight().rows(),
                attention.queryNorm() != null || attention.keyNorm() != null,
                block.attentionOutputNorm() != null,
                block.mlpOutputNorm() != null,
                ranks,
                hasDropout,
                decoder.config().vocabSize(),
                maxTokens);
    }

    /** The sizes for adapters that a configuration means. */
    static TrainingSizes of(Decoder decoder, LoraConfig config, int maxTokens) {
        ToIntFunction<String> rank = module -> config.targets(module) ? config.rank(module) : 0;
        return of(decoder, rank, config.loraDropout() > 0, maxTokens);
    }

    /** How many layers the gradient flows through. */
    int trainedLayers() {
        return layers - firstAdapted;
    }

    /** The inputs of a projection. */
    int inputs(Projection projection) {
        return switch (projection) {
            case Q_PROJ, K_PROJ, V_PROJ, GATE_PROJ, UP_PROJ -> hidden;
            case O_PROJ -> query;
            case DOWN_PROJ -> feedForward;
        };
    }

    /** The most inputs of a projection with an adapter. */
    int widestAdaptedInputs() {
        int widest = 0;
        for (Projection projection : Projection.values()) {
            if (ranks.getOrDefault(projection, 0) > 0) {
                widest = Math.max(widest, inputs(projection));
            }
        }
        return widest;
    }

    int largestRank() {
        return ranks.values().stream().mapToInt(Integer::intValue).max().orElse(0);
    }

    /** The values of an array with a row for each token; 0 if there is no use for it. */
    int floats(boolean isUsed, int size) {
        return isUsed ? Math.multiplyExact(maxTokens, size) : 0;
    }
}
