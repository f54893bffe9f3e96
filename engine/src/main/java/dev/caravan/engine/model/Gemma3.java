package dev.caravan.engine.model;

import dev.caravan.engine.format.gguf.GgufFile;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.Activations;
import dev.caravan.engine.layer.CausalSelfAttention;
import dev.caravan.engine.layer.GatedMlp;
import dev.caravan.engine.layer.Linear;
import dev.caravan.engine.layer.RmsNorm;
import dev.caravan.engine.layer.RotaryEmbedding;
import dev.caravan.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Gemma 3, its text half. Per layer {@code h += norm(attention(norm(h))); h += norm(mlp(norm(h)))}: norms before and
 * after each part.
 *
 * <p>Traits: embeddings are multiplied by the square root of the hidden size; every head of q and k has a norm before
 * the rotation; five layers of six see a sliding window of tokens only and rotate with a shorter wave; the gate is
 * gelu in its tanh approximation. The file's norms have their {@code +1} inside. Reference: transformers' {@code
 * modeling_gemma3}; llama.cpp's {@code src/models/gemma3.cpp} for what the file leaves unsaid.
 */
public final class Gemma3 implements Decoder {

    static final String ARCHITECTURE = "gemma3";

    /** Every so many layers one sees all tokens. */
    private static final int DEFAULT_PATTERN = 6;

    /** The number of layers by which the 27B model is known, whose scores are scaled by hidden size / heads. */
    private static final int LAYERS_27B = 62;

    private static final int NO_WINDOW = 0;

    private static final int FULL = 0;
    private static final int SLIDING = 1;

    private record Block(
            RmsNorm attnNorm,
            CausalSelfAttention attention,
            RmsNorm postAttentionNorm,
            RmsNorm ffnNorm,
            GatedMlp mlp,
            RmsNorm postFfwNorm,
            int rotary) {}

    private final DecoderConfig config;
    private final List<RotaryEmbedding> rotaryEmbeddings;
    private final Tensor tokenEmbd;
    private final float embeddingScale;
    private final List<Block> blocks;
    private final RmsNorm outputNorm;
    private final Linear output;

    static Gemma3 load(GgufFile file) {
        GgufWeights weights = new GgufWeights(file, ARCHITECTURE);
        Gemma3 model = new Gemma3(weights);
        weights.requireAllRead();
        return model;
    }

    private Gemma3(GgufWeights weights) {
        config = weights.config();
        rotaryEmbeddings = List.of(
                rotary(weights.positive("rope.freq_base", 1_000_000), weights.linearRopeFactor()),
                rotary(weights.positive("rope.freq_base_swa", 10_000), 1));
        tokenEmbd = weights.matrix("token_embd.weight", config.vocabSize(), config.hiddenSize());
        embeddingScale = (float) Math.sqrt(config.hiddenSize());
        int window = weights.integer("attention.sliding_window", NO_WINDOW);
        int pattern = weights.integer("attention.sliding_window_pattern", DEFAULT_PATTERN);
        blocks = new ArrayList<>();
        for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
            boolean isFull = (layer + 1) % pattern == 0;
            blocks.add(block(weights, layer, isFull ? NO_WINDOW : window, isFull));
        }
        outputNorm = weights.norm("output_norm.weight", config.hiddenSize(), config.rmsNormEpsilon());
        output = weights.has("output.weight")
                ? weights.linear("output.weight", config.vocabSize(), config.hiddenSize())
                : new Linear(tokenEmbd);
    }

    private RotaryEmbedding rotary(float base, float factor) {
        float[] divisors = new float[config.headDim() / 2];
        Arrays.fill(divisors, factor);
        return RotaryEmbedding.of(RotaryEmbedding.Pairs.HALVES, config.headDim(), base, divisors);
    }

    private Block block(GgufWeights weights, int layer, int window, boolean isFull) {
        String prefix = "blk." + layer + ".";
        int hidden = config.hiddenSize();
        float epsilon = config.rmsNormEpsilon();
        CausalSelfAttention.Weights attention = new CausalSelfAttention.Weights(
                weights.linear(prefix + "attn_q.weight", config.querySize(), hidden),
                weights.linear(prefix + "attn_k.weight", config.keyValueSize(), hidden),
                weights.linear(prefix + "attn_v.weight", config.keyValueSize(), hidden),
                weights.linear(prefix + "attn_output.weight", hidden, config.querySize()),
                weights.norm(prefix + "attn_q_norm.weight", config.headDim(), epsilon),
                weights.norm(prefix + "attn_k_norm.weight", config.headDim(), epsilon));
        GatedMlp mlp = new GatedMlp(
                weights.linear(prefix + "ffn_gate.weight", config.intermediateSize(), hidden),
                weights.linear(prefix + "ffn_up.weight", config.intermediateSize(), hidden),
                weights.linear(prefix + "ffn_down.weight", hidden, config.intermediateSize()),
                GatedMlp.Activation.GELU_TANH);
        return new Block(
                weights.norm(prefix + "attn_norm.weight", hidden, epsilon),
                new CausalSelfAttention(layer, config.attention(scoreScale(), window), attention),
                weights.norm(prefix + "post_attention_norm.weight", hidden, epsilon),
                weights.norm(prefix + "ffn_norm.weight", hidden, epsilon),
                mlp,
                weights.norm(prefix + "post_ffw_norm.weight", hidden, epsilon),
                isFull ? FULL : SLIDING);
    }

    private float scoreScale() {
        int size = config.numHiddenLayers() == LAYERS_27B
                ? config.hiddenSize() / config.numAttentionHeads()
                : config.headDim();
        return (float) (1 / Math.sqrt(size));
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
        kernels.row(tokenEmbd, token, hidden, offset);
        for (int i = 0; i < config.hiddenSize(); i++) {
            hidden[offset + i] *= embeddingScale;
        }
    }

    @Override
    public void block(int layer, Activations state, List<RotaryEmbedding.Table> tables) {
        Block block = blocks.get(layer);
        state.norm(block.attnNorm);
        block.attention.forward(state, tables.get(block.rotary));
        state.normProjected(block.postAttentionNorm);
        state.addProjected(config.hiddenSize());
        state.norm(block.ffnNorm);
        block.mlp.forward(state);
        state.normProjected(block.postFfwNorm);
        state.addProjected(config.hiddenSize());
    }

    @Override
    public void logits(Kernels kernels, float[] hidden, float[] logits) {
        outputNorm.forward(kernels, hidden, hidden, 1);
        output.forward(kernels, hidden, logits, 1);
    }
}
