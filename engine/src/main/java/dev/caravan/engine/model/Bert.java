package dev.caravan.engine.model;

import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.Linear;
import dev.caravan.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The encoders of BERT's family: BERT itself, RoBERTa and XLM-R (multilingual-e5, bge-m3, KURE). Word, position and type
 * embeddings, then layers of bidirectional self-attention and a gelu feed-forward part, each followed by a layer norm of
 * the sum (post-norm).
 *
 * <p>Traits: RoBERTa's and XLM-R's positions begin behind the padding id in safetensors, while GGUF and the packed e5
 * file have left those rows out, which makes them BERT. Heads for other tasks (pooler, masked words) are passed over.
 * References: transformers' {@code modeling_bert}, {@code modeling_xlm_roberta}; llama.cpp's {@code conversion/bert.py}.
 */
public final class Bert implements Encoder {

    /** BERT itself, and what was brought to its positions. */
    static final String MODEL_TYPE = "bert";

    /** Those whose first position stands behind the padding id. */
    static final List<String> SHIFTED_MODEL_TYPES = List.of("xlm-roberta", "roberta");

    /** A position table's rows that no token has: RoBERTa's padding id and those before it. */
    private static final int DEFAULT_PADDING = 1;

    private static final int MAX_LAYERS = 1024;
    private static final int MAX_SIZE = 1 << 20;
    private static final int MAX_VOCABULARY = 1 << 24;
    private static final int MAX_TYPES = 16;

    /** A layer norm's factors and offsets. */
    @SuppressWarnings("ArrayRecordComponent") // weights are handed over at loading, never written
    record Norm(float[] weight, float[] bias) {}

    /** One layer, named as in the checkpoint. */
    record Layer(
            Linear query,
            Linear key,
            Linear value,
            Linear attentionOutput,
            Norm attentionNorm,
            Linear intermediate,
            Linear output,
            Norm outputNorm) {}

    /**
     * The hyper-parameters; names as in transformers' config.json.
     *
     * @param firstPosition the row of the position table that the first token has
     */
    record Config(
            String modelType,
            int vocabSize,
            int hiddenSize,
            int intermediateSize,
            int numHiddenLayers,
            int numAttentionHeads,
            int maxPositionEmbeddings,
            int typeVocabSize,
            float layerNormEps,
            int firstPosition) {

        int headSize() {
            return hiddenSize / numAttentionHeads;
        }
    }

    private final Config config;
    private final Tensor word;
    private final Tensor position;
    private final Tensor type;
    private final Norm embeddingNorm;
    private final List<Layer> layers = new ArrayList<>();

    /** Reads the tensors, matrices as views: the checkpoint must stay open while the encoder is used. */
    Bert(Weights weights) {
        config = config(weights);
        int hidden = config.hiddenSize();
        word = weights.table("embeddings.word_embeddings.weight", config.vocabSize(), hidden);
        position = weights.table("embeddings.position_embeddings.weight", config.maxPositionEmbeddings(), hidden);
        type = weights.table("embeddings.token_type_embeddings.weight", config.typeVocabSize(), hidden);
        embeddingNorm = norm(weights, "embeddings.LayerNorm");
        for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
            layers.add(layer(weights, "encoder.layer." + layer + "."));
        }
        // Heads for the tasks of pre-training, and the pooler, which only a classifier reads.
        weights.ignore("cls.predictions.");
        weights.ignore("cls.seq_relationship.");
        weights.ignore("lm_head.");
        weights.ignore("pooler.");
    }

    private Layer layer(Weights weights, String prefix) {
        int hidden = config.hiddenSize();
        int intermediate = config.intermediateSize();
        return new Layer(
                weights.biasedLinear(prefix + "attention.self.query", hidden, hidden),
                weights.biasedLinear(prefix + "attention.self.key", hidden, hidden),
                weights.biasedLinear(prefix + "attention.self.value", hidden, hidden),
                weights.biasedLinear(prefix + "attention.output.dense", hidden, hidden),
                norm(weights, prefix + "attention.output.LayerNorm"),
                weights.biasedLinear(prefix + "intermediate.dense", intermediate, hidden),
                weights.biasedLinear(prefix + "output.dense", hidden, intermediate),
                norm(weights, prefix + "output.LayerNorm"));
    }

    /** The oldest BERT files call the factors gamma and the offsets beta. */
    private Norm norm(Weights weights, String name) {
        boolean isOld = weights.has(name + ".gamma");
        return new Norm(
                weights.vector(name + (isOld ? ".gamma" : ".weight"), config.hiddenSize()),
                weights.vector(name + (isOld ? ".beta" : ".bias"), config.hiddenSize()));
    }

    private static Config config(Weights weights) {
        JsonObject values = weights.config();
        DecoderConfigs.requireActivation(weights.checkpoint(), "hidden_act", "gelu");
        String positions = values.string("position_embedding_type", "absolute");
        if (!positions.equals("absolute")) {
            throw weights.refused(
                    "the position_embedding_type %s is not supported; only absolute is".formatted(positions));
        }
        int hidden = weights.size("hidden_size", MAX_SIZE);
        int heads = weights.size("num_attention_heads", hidden);
        double epsilon = values.number("layer_norm_eps", 1e-12);
        if (hidden % heads != 0 || !(epsilon > 0 && epsilon < 1)) {
            throw weights.refused(
                    "the hidden size %d, %d attention heads and the layer norm epsilon %s do not make an encoder; take a complete build of the model"
                            .formatted(hidden, heads, epsilon));
        }
        String modelType = weights.checkpoint().modelType();
        boolean isShifted = SHIFTED_MODEL_TYPES.contains(modelType);
        int first = isShifted ? values.integer("pad_token_id", DEFAULT_PADDING) + 1 : 0;
        int rows = weights.size("max_position_embeddings", MAX_SIZE);
        if (first < 0 || first >= rows) {
            throw weights.refused(
                    "positions begin at %d (pad_token_id) of %d (max_position_embeddings); take a complete build of the model"
                            .formatted(first, rows));
        }
        return new Config(
                modelType,
                weights.size("vocab_size", MAX_VOCABULARY),
                hidden,
                weights.size("intermediate_size", MAX_SIZE),
                weights.size("num_hidden_layers", MAX_LAYERS),
                heads,
                rows,
                weights.size("type_vocab_size", MAX_TYPES),
                (float) epsilon,
                first);
    }

    @Override
    public String architecture() {
        return config.modelType();
    }

    @Override
    public int vocabSize() {
        return config.vocabSize();
    }

    @Override
    public int hiddenSize() {
        return config.hiddenSize();
    }

    @Override
    public int maxTokens() {
        return config.maxPositionEmbeddings() - config.firstPosition();
    }

    @Override
    public EncoderPass newPass(Kernels kernels, @Nullable ActivationListener listener) {
        return new BertPass(this, kernels, listener);
    }

    Config config() {
        return config;
    }

    List<Layer> layers() {
        return layers;
    }

    Norm embeddingNorm() {
        return embeddingNorm;
    }

    /**
     * Writes one token's embedding before its norm.
     *
     * @param index the token's place in its text
     * @param scratch room for {@code [hidden]} at the same offset
     */
    void embed(Kernels kernels, int id, int index, int typeId, float[] states, float[] scratch, int offset) {
        int hidden = config.hiddenSize();
        kernels.row(word, id, states, offset);
        kernels.row(position, config.firstPosition() + index, scratch, offset);
        kernels.addScaled(1, scratch, offset, states, offset, hidden);
        kernels.row(type, Math.min(typeId, config.typeVocabSize() - 1), scratch, offset);
        kernels.addScaled(1, scratch, offset, states, offset, hidden);
    }
}
