package dev.caravan.engine.model;

import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.CausalSelfAttention;
import dev.caravan.engine.layer.DecoderBlock;
import dev.caravan.engine.layer.GatedMlp;
import dev.caravan.engine.layer.Linear;
import dev.caravan.engine.layer.RmsNorm;
import dev.caravan.engine.layer.RotaryEmbedding;
import dev.caravan.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Llama 2 and 3, and what has its shape: Mi:dm 2.0, Mistral. Per layer {@code h += attention(norm(h)); h +=
 * mlp(norm(h))}.
 *
 * <p>Traits: the head size is the file's own ({@code head_dim}; for Mi:dm 2.0 Mini 32 heads of 128 on a hidden size of
 * 1792); GGUF stores the rows of q and k so that rotary pairs are adjacent; Llama 3 scales long waves; projections may
 * have biases. Mistral's early versions have a sliding window. Reference: transformers' {@code modeling_llama}.
 */
public final class Llama implements Decoder {

    static final String MODEL_TYPE = "llama";

    /** Llama's computation under another name, and with a window in its early versions. */
    static final String MISTRAL_MODEL_TYPE = "mistral";

    /** What transformers takes where a Mistral's configuration does not speak of a window. */
    private static final int MISTRAL_WINDOW = 4096;

    private final DecoderConfig config;
    private final RotaryEmbedding rotary;
    private final Tensor embedTokens;
    private final List<DecoderBlock> blocks;
    private final RmsNorm norm;
    private final Linear lmHead;

    Llama(Weights weights) {
        config = DecoderConfigs.read(weights.checkpoint(), weights.checkpoint().modelType());
        DecoderConfigs.requireActivation(weights.checkpoint(), "hidden_act", "silu");
        rotary = RopeParameters.of(weights, 10_000).embedding(config.headDim());
        embedTokens = weights.embeddings(config);
        boolean isMistral = weights.checkpoint().modelType().equals(MISTRAL_MODEL_TYPE);
        int window = isMistral ? LayerTypes.window(weights, MISTRAL_WINDOW) : LayerTypes.NO_WINDOW;
        blocks = new ArrayList<>();
        for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
            blocks.add(block(weights, layer, window));
        }
        norm = weights.norm("model.norm.weight", config.hiddenSize(), config.rmsNormEpsilon());
        lmHead = weights.output(config, embedTokens, false);
    }

    private DecoderBlock block(Weights weights, int layer, int window) {
        String prefix = "model.layers." + layer + ".";
        int hidden = config.hiddenSize();
        float epsilon = config.rmsNormEpsilon();
        CausalSelfAttention.Weights attention = new CausalSelfAttention.Weights(
                weights.linear(prefix + "self_attn.q_proj", config.querySize(), hidden),
                weights.linear(prefix + "self_attn.k_proj", config.keyValueSize(), hidden),
                weights.linear(prefix + "self_attn.v_proj", config.keyValueSize(), hidden),
                weights.linear(prefix + "self_attn.o_proj", hidden, config.querySize()),
                null,
                null);
        float scale = (float) (1 / Math.sqrt(config.headDim()));
        GatedMlp mlp = new GatedMlp(
                weights.linear(prefix + "mlp.gate_proj", config.intermediateSize(), hidden),
                weights.linear(prefix + "mlp.up_proj", config.intermediateSize(), hidden),
                weights.linear(prefix + "mlp.down_proj", hidden, config.intermediateSize()),
                GatedMlp.Activation.SILU);
        return new DecoderBlock(
                weights.norm(prefix + "input_layernorm.weight", hidden, epsilon),
                new CausalSelfAttention(layer, config.attention(scale, window), attention),
                weights.norm(prefix + "post_attention_layernorm.weight", hidden, epsilon),
                mlp);
    }

    @Override
    public DecoderConfig config() {
        return config;
    }

    @Override
    public List<RotaryEmbedding> rotaryEmbeddings() {
        return List.of(rotary);
    }

    @Override
    public void embed(Kernels kernels, int token, float[] hidden, int offset) {
        kernels.row(embedTokens, token, hidden, offset);
    }

    @Override
    public List<DecoderBlock> blocks() {
        return Collections.unmodifiableList(blocks);
    }

    @Override
    public RmsNorm norm() {
        return norm;
    }

    @Override
    public Linear lmHead() {
        return lmHead;
    }
}
