package dev.caravan.engine.model;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.layer.Linear;
import java.util.ArrayList;
import java.util.List;

/** Builds the encoder that a checkpoint holds. Its tensors stay mapped: the checkpoint must stay open meanwhile. */
public final class Encoders {

    /** Sentence-transformers' dense modules as a GGUF file keeps them. */
    private static final List<String> DENSE = List.of("2_Dense.linear", "3_Dense.linear");

    private static final int MAX_DENSE_ROWS = 1 << 20;

    private Encoders() {}

    /**
     * An encoder with the dense layers that the checkpoint itself holds behind it; a folder's are in files of their own.
     *
     * @param dense in their order
     */
    public record EmbeddingModel(Encoder encoder, List<SentenceHead.Dense> dense) {}

    /** An encoder with a classifier of one output. */
    public record RankingModel(Encoder encoder, ClassificationHead head) {}

    /**
     * The checkpoint's embedding model.
     *
     * @throws ModelFormatException if the architecture is not supported, or a tensor is missing, has the wrong shape or
     *     is one that the architecture does not know
     */
    public static EmbeddingModel embedding(Checkpoint checkpoint) {
        Weights weights = new Weights(checkpoint, WeightQuantizer.NONE);
        Encoder encoder = encoder(weights);
        if (encoder instanceof Bert && ClassificationHead.isHeldBy(weights)) {
            throw weights.refused(
                    "this is a cross-encoder (it has a classifier), it scores pairs and makes no vectors; choose it for reranking");
        }
        List<SentenceHead.Dense> dense = new ArrayList<>();
        int inputs = encoder.hiddenSize();
        for (String name : DENSE) {
            if (weights.has(name + ".weight")) {
                Linear linear = dense(weights, name, inputs);
                inputs = linear.weight().rows();
                dense.add(new SentenceHead.Dense(linear, false));
            }
        }
        weights.requireAllRead();
        return new EmbeddingModel(encoder, List.copyOf(dense));
    }

    private static Linear dense(Weights weights, String name, int inputs) {
        int outputs = (int) Math.min(
                MAX_DENSE_ROWS, weights.checkpoint().tensor(name + ".weight").shape()[0]);
        return weights.linear(name, outputs, inputs);
    }

    /**
     * The checkpoint's cross-encoder.
     *
     * @throws ModelFormatException if it has no classifier of one output, or as {@link #embedding}
     */
    public static RankingModel ranking(Checkpoint checkpoint) {
        Weights weights = new Weights(checkpoint, WeightQuantizer.NONE);
        Encoder encoder = encoder(weights);
        if (!(encoder instanceof Bert) || !ClassificationHead.isHeldBy(weights)) {
            throw weights.refused(
                    "this model has no classifier, it cannot score pairs; choose a cross-encoder of the architecture bert, roberta or xlm-roberta");
        }
        ClassificationHead head = new ClassificationHead(weights, encoder.hiddenSize());
        weights.requireAllRead();
        return new RankingModel(encoder, head);
    }

    private static Encoder encoder(Weights weights) {
        String modelType = weights.checkpoint().modelType();
        if (modelType.equals(Bert.MODEL_TYPE) || Bert.SHIFTED_MODEL_TYPES.contains(modelType)) {
            return new Bert(weights);
        }
        if (EmbeddingGemma.isHeldBy(weights)) {
            return new EmbeddingGemma(weights);
        }
        return switch (modelType) {
            case Qwen2.MODEL_TYPE -> new CausalEncoder(new Qwen2(weights));
            case Qwen3.MODEL_TYPE -> new CausalEncoder(new Qwen3(weights));
            default ->
                throw weights.refused(
                        ("the architecture %s is not supported for vectors; choose a model of the architecture bert, roberta, "
                                        + "xlm-roberta, gemma-embedding (gemma3_text with use_bidirectional_attention), qwen2 or qwen3")
                                .formatted(modelType));
        };
    }
}
