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
 * Llama 2 and 3, and what has its shape: Mi:dm 2.0, Mistral. Per layer {@code h += attention(norm(h)); h +=
 * mlp(norm(h))}.
 *
 * <p>Traits: the head size is the file's own ({@code key_length}; for Mi:dm 2.0 Mini 32 heads of 128 on a hidden size
 * of 1792); GGUF stores the rows of q and k so that rotary pairs are adjacent; {@code rope_freqs} holds Llama 3's
 * scaling of long waves; without a tensor {@code output} the embeddings serve as output matrix. Reference:
 * transformers' {@code modeling_llama}.
 */
public final class Llama implements Decoder {

    static final String ARCHITECTURE = "llama";

    private static final int NO_WINDOW = 0;

    private record Block(RmsNorm attnNorm, CausalSelfAttention attention, RmsNorm ffnNorm, GatedMlp mlp) {}

    private final DecoderConfig config;
    private final RotaryEmbedding rotary;
    private final Tensor tokenEmbd;
    private final List<Block> blocks;
    private final RmsNorm outputNorm;
    private final Linear output;

    static Llama load(GgufFile file) {
        GgufWeights weights = new GgufWeights(file, ARCHITECTURE);
        Llama model = new Llama(weights);
        weights.requireAllRead();
        return model;
    }

    private Llama(GgufWeights weights) {
        config = weights.config();
        rotary = RotaryEmbedding.of(
                RotaryEmbedding.Pairs.ADJACENT,
                config.headDim(),
                weights.positive("rope.freq_base", 10000),
                ropeDivisors(weights, config.headDim() / 2));
        tokenEmbd = weights.matrix("token_embd.weight", config.vocabSize(), config.hiddenSize());
        blocks = new ArrayList<>();
        for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
            blocks.add(block(weights, layer));
        }
        outputNorm = weights.norm("output_norm.weight", config.hiddenSize(), config.rmsNormEpsilon());
        output = weights.has("output.weight")
                ? weights.linear("output.weight", config.vocabSize(), config.hiddenSize())
                : new Linear(tokenEmbd);
    }

    private static float[] ropeDivisors(GgufWeights weights, int pairs) {
        if (weights.has("rope_freqs.weight")) {
            return weights.vector("rope_freqs.weight", pairs);
        }
        float[] divisors = new float[pairs];
        Arrays.fill(divisors, weights.linearRopeFactor());
        return divisors;
    }

    private Block block(GgufWeights weights, int layer) {
        String prefix = "blk." + layer + ".";
        int hidden = config.hiddenSize();
        float epsilon = config.rmsNormEpsilon();
        CausalSelfAttention.Weights attention = new CausalSelfAttention.Weights(
                weights.linear(prefix + "attn_q.weight", config.querySize(), hidden),
                weights.linear(prefix + "attn_k.weight", config.keyValueSize(), hidden),
                weights.linear(prefix + "attn_v.weight", config.keyValueSize(), hidden),
                weights.linear(prefix + "attn_output.weight", hidden, config.querySize()),
                null,
                null);
        float scale = (float) (1 / Math.sqrt(config.headDim()));
        GatedMlp mlp = new GatedMlp(
                weights.linear(prefix + "ffn_gate.weight", config.intermediateSize(), hidden),
                weights.linear(prefix + "ffn_up.weight", config.intermediateSize(), hidden),
                weights.linear(prefix + "ffn_down.weight", hidden, config.intermediateSize()),
                GatedMlp.Activation.SILU);
        return new Block(
                weights.norm(prefix + "attn_norm.weight", hidden, epsilon),
                new CausalSelfAttention(layer, config.attention(scale, NO_WINDOW), attention),
                weights.norm(prefix + "ffn_norm.weight", hidden, epsilon),
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
        kernels.row(tokenEmbd, token, hidden, offset);
    }

    @Override
    public void block(int layer, Activations state, List<RotaryEmbedding.Table> tables) {
        Block block = blocks.get(layer);
        state.norm(block.attnNorm);
        block.attention.forward(state, tables.getFirst());
        state.addProjected(config.hiddenSize());
        state.norm(block.ffnNorm);
        block.mlp.forward(state);
        state.addProjected(config.hiddenSize());
    }

    @Override
    public void logits(Kernels kernels, float[] hidden, float[] logits) {
        outputNorm.forward(kernels, hidden, hidden, 1);
        output.forward(kernels, hidden, logits, 1);
    }
}
