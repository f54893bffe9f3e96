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
 * Gemma 3, its text half. Per layer {@code h += norm(attention(norm(h))); h += norm(mlp(norm(h)))}: norms before and
 * after each part.
 *
 * <p>Traits: embeddings are multiplied by the square root of the hidden size; every head of q and k has a norm before
 * the rotation; five layers of six see a sliding window of tokens only and rotate with a shorter wave; the gate is
 * gelu in its tanh approximation. A norm's factor is 1 + weight. Reference: transformers' {@code
 * modeling_gemma3}; llama.cpp's {@code src/models/gemma3.cpp} for what the file leaves unsaid.
 */
public final class Gemma3 implements Decoder {

    static final String MODEL_TYPE = "gemma3_text";

    /** The name that users know. */
    private static final String ARCHITECTURE = "gemma3";

    /** Every so many layers one sees all tokens, where the configuration does not name the layers one by one. */
    private static final int DEFAULT_PATTERN = 6;

    private static final int FULL = 0;
    private static final int SLIDING = 1;

    private final DecoderConfig config;
    private final List<RotaryEmbedding> rotaryEmbeddings;
    private final float scoreScale;
    private final Tensor embedTokens;
    private final float embeddingScale;
    private final List<DecoderBlock> blocks;
    private final RmsNorm norm;
    private final Linear lmHead;

    Gemma3(Weights weights) {
        config = DecoderConfigs.read(weights.checkpoint(), ARCHITECTURE);
        requirePlain(weights);
        if (EmbeddingGemma.isHeldBy(weights)) {
            throw weights.refused("this is an embedding model (use_bidirectional_attention), it cannot generate text");
        }
        rotaryEmbeddings = rotaryEmbeddings(weights, config);
        scoreScale = scoreScale(weights);
        embedTokens = weights.embeddings(config);
        embeddingScale = (float) Math.sqrt(config.hiddenSize());
        int window = LayerTypes.window(weights, LayerTypes.NO_WINDOW);
        LayerTypes types = layerTypes(weights);
        blocks = new ArrayList<>();
        for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
            boolean isFull = !types.isSliding(layer);
            blocks.add(block(weights, layer, isFull ? LayerTypes.NO_WINDOW : window, isFull));
        }
        norm = weights.gemmaNorm("model.norm.weight", config.hiddenSize(), config.rmsNormEpsilon());
        lmHead = weights.output(config, embedTokens, true);
    }

    static void requirePlain(Weights weights) {
        DecoderConfigs.requireActivation(weights.checkpoint(), "hidden_activation", "gelu_pytorch_tanh");
        for (String softcap : List.of("final_logit_softcapping", "attn_logit_softcapping")) {
            if (weights.config().has(softcap)) {
                throw weights.refused("%s is not supported; choose a Gemma 3 model".formatted(softcap));
            }
        }
    }

    /** The full layers' rotation, then the sliding ones'. */
    static List<RotaryEmbedding> rotaryEmbeddings(Weights weights, DecoderConfig config) {
        return List.of(
                RopeParameters.of(weights, LayerTypes.FULL_ATTENTION, "rope_theta", 1_000_000, true)
                        .embedding(config.headDim()),
                RopeParameters.of(weights, LayerTypes.SLIDING_ATTENTION, "rope_local_base_freq", 10_000, false)
                        .embedding(config.headDim()));
    }

    static float scoreScale(Weights weights) {
        return (float) (1 / Math.sqrt(weights.config().number("query_pre_attn_scalar", 256)));
    }

    /** Which layers have a window; every so many layers one has none. */
    static LayerTypes layerTypes(Weights weights) {
        int pattern = weights.config()
                .integer(
                        "sliding_window_pattern", weights.config().integer("_sliding_window_pattern", DEFAULT_PATTERN));
        if (pattern < 1) {
            throw weights.refused("the key %s holds %d, which is out of range; take a complete build of the model"
                    .formatted(weights.checkpoint().nameInFile("sliding_window_pattern"), pattern));
        }
        return new LayerTypes(weights, layer -> (layer + 1) % pattern != 0);
    }

    private DecoderBlock block(Weights weights, int layer, int window, boolean isFull) {
        String prefix = "model.layers." + layer + ".";
        int hidden = config.hiddenSize();
        float epsilon = config.rmsNormEpsilon();
        CausalSelfAttention.Weights attention = new CausalSelfAttention.Weights(
                weights.linear(prefix + "self_attn.q_proj", config.querySize(), hidden),
                weights.linear(prefix + "self_attn.k_proj", config.keyValueSize(), hidden),
                weights.linear(prefix + "self_attn.v_proj", config.keyValueSize(), hidden),
                weights.linear(prefix + "self_attn.o_proj", hidden, config.querySize()),
                weights.gemmaNorm(prefix + "self_attn.q_norm.weight", config.headDim(), epsilon),
                weights.gemmaNorm(prefix + "self_attn.k_norm.weight", config.headDim(), epsilon));
        GatedMlp mlp = new GatedMlp(
                weights.linear(prefix + "mlp.gate_proj", config.intermediateSize(), hidden),
                weights.linear(prefix + "mlp.up_proj", config.intermediateSize(), hidden),
                weights.linear(prefix + "mlp.down_proj", hidden, config.intermediateSize()),
                GatedMlp.Activation.GELU_TANH);
        return new DecoderBlock(
                weights.gemmaNorm(prefix + "input_layernorm.weight", hidden, epsilon),
                new CausalSelfAttention(layer, config.attention(scoreScale, window), attention),
                weights.gemmaNorm(prefix + "post_attention_layernorm.weight", hidden, epsilon),
                weights.gemmaNorm(prefix + "pre_feedforward_layernorm.weight", hidden, epsilon),
                mlp,
                weights.gemmaNorm(prefix + "post_feedforward_layernorm.weight", hidden, epsilon),
                isFull ? FULL : SLIDING);
    }

    @Override
    public DecoderConfig config() {
        return config;
    }

    @Override
    public List<RotaryEmbedding> rotaryEmbeddings() {
        return rotaryEmbeddings;
    }

    @Override
    public void embed(Kernels kernels, int token, float[] hidden, int offset) {
        kernels.row(embedTokens, token, hidden, offset);
        for (int i = 0; i < config.hiddenSize(); i++) {
            hidden[offset + i] *= embeddingScale;
        }
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
