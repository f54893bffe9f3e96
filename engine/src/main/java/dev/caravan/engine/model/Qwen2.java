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
 * Qwen 2 and 2.5. Per layer {@code h += attention(norm(h)); h += mlp(norm(h))}.
 *
 * <p>Traits: the projections of q, k and v have biases; small models tie the output to the embeddings; a sliding window
 * from some layer on where the configuration uses one. Reference: transformers' {@code modeling_qwen2}.
 */
public final class Qwen2 implements Decoder {

    static final String MODEL_TYPE = "qwen2";

    private final DecoderConfig config;
    private final RotaryEmbedding rotary;
    private final Tensor embedTokens;
    private final List<DecoderBlock> blocks;
    private final RmsNorm norm;
    private final Linear lmHead;

    Qwen2(Weights weights) {
        config = DecoderConfigs.read(weights.checkpoint(), MODEL_TYPE);
        DecoderConfigs.requireActivation(weights.checkpoint(), "hidden_act", "silu");
        rotary = RopeParameters.of(weights, 10_000).embedding(config.headDim());
        embedTokens = weights.embeddings(config);
        LayerTypes types = layerTypes(weights);
        int window = LayerTypes.window(weights, LayerTypes.NO_WINDOW);
        blocks = new ArrayList<>();
        for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
            blocks.add(block(weights, layer, types.isSliding(layer) ? window : LayerTypes.NO_WINDOW));
        }
        norm = weights.norm("model.norm.weight", config.hiddenSize(), config.rmsNormEpsilon());
        lmHead = weights.output(config, embedTokens, false);
    }

    /** Where the layers are not named, those from {@code max_window_layers} on have the window, if it is used at all. */
    private LayerTypes layerTypes(Weights weights) {
        boolean isUsed = weights.config().flag("use_sliding_window", false);
        int first = weights.config().integer("max_window_layers", config.numHiddenLayers());
        return new LayerTypes(weights, layer -> isUsed && layer >= first);
    }

    private DecoderBlock block(Weights weights, int layer, int window) {
        String prefix = "model.layers." + layer + ".";
        int hidden = config.hiddenSize();
        float epsilon = config.rmsNormEpsilon();
        CausalSelfAttention.Weights attention = new CausalSelfAttention.Weights(
                weights.biasedLinear(prefix + "self_attn.q_proj", config.querySize(), hidden),
                weights.biasedLinear(prefix + "self_attn.k_proj", config.keyValueSize(), hidden),
                weights.biasedLinear(prefix + "self_attn.v_proj", config.keyValueSize(), hidden),
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
