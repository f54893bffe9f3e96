package dev.caravan.engine.model;

import dev.caravan.engine.kernel.AttentionShape;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.Activations;
import dev.caravan.engine.layer.BidirectionalSelfAttention;
import dev.caravan.engine.layer.CausalSelfAttention;
import dev.caravan.engine.layer.GatedMlp;
import dev.caravan.engine.layer.RmsNorm;
import dev.caravan.engine.layer.RotaryEmbedding;
import dev.caravan.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * EmbeddingGemma: Gemma 3's layers looking both ways ({@code use_bidirectional_attention}).
 *
 * <p>Traits besides those of {@link Gemma3}: a layer with a window of 512 sees the 256 tokens on each side; the others
 * see all; what comes out is the final norm's output. Reference: transformers' {@code modeling_gemma3}; llama.cpp's
 * {@code src/models/gemma-embedding.cpp}.
 */
public final class EmbeddingGemma implements Encoder {

    /** The name that users know. */
    private static final String ARCHITECTURE = "gemma-embedding";

    private static final int FULL = 0;
    private static final int SLIDING = 1;

    private record Block(
            RmsNorm inputLayernorm,
            BidirectionalSelfAttention attention,
            RmsNorm postAttentionLayernorm,
            RmsNorm preFeedforwardLayernorm,
            GatedMlp mlp,
            RmsNorm postFeedforwardLayernorm,
            int rotary) {}

    private final DecoderConfig config;
    private final List<RotaryEmbedding> rotaryEmbeddings;
    private final Tensor embedTokens;
    private final List<Block> blocks = new ArrayList<>();
    private final RmsNorm norm;

    EmbeddingGemma(Weights weights) {
        config = DecoderConfigs.read(weights.checkpoint(), ARCHITECTURE);
        Gemma3.requirePlain(weights);
        rotaryEmbeddings = Gemma3.rotaryEmbeddings(weights, config);
        embedTokens = weights.embeddings(config);
        int window = LayerTypes.window(weights, LayerTypes.NO_WINDOW);
        LayerTypes types = Gemma3.layerTypes(weights);
        for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
            boolean isSliding = types.isSliding(layer);
            blocks.add(block(weights, layer, isSliding ? window : LayerTypes.NO_WINDOW, isSliding ? SLIDING : FULL));
        }
        norm = weights.gemmaNorm("model.norm.weight", config.hiddenSize(), config.rmsNormEpsilon());
        weights.ignore("lm_head.");
    }

    /** Whether the checkpoint looks both ways. */
    static boolean isHeldBy(Weights weights) {
        return weights.checkpoint().modelType().equals(Gemma3.MODEL_TYPE)
                && weights.config().flag("use_bidirectional_attention", false);
    }

    private Block block(Weights weights, int layer, int window, int rotary) {
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
        AttentionShape shape = new AttentionShape(
                config.numAttentionHeads(),
                config.numKeyValueHeads(),
                config.headDim(),
                Gemma3.scoreScale(weights),
                false,
                window);
        GatedMlp mlp = new GatedMlp(
                weights.linear(prefix + "mlp.gate_proj", config.intermediateSize(), hidden),
                weights.linear(prefix + "mlp.up_proj", config.intermediateSize(), hidden),
                weights.linear(prefix + "mlp.down_proj", hidden, config.intermediateSize()),
                GatedMlp.Activation.GELU_TANH);
        return new Block(
                weights.gemmaNorm(prefix + "input_layernorm.weight", hidden, epsilon),
                new BidirectionalSelfAttention(shape, attention),
                weights.gemmaNorm(prefix + "post_attention_layernorm.weight", hidden, epsilon),
                weights.gemmaNorm(prefix + "pre_feedforward_layernorm.weight", hidden, epsilon),
                mlp,
                weights.gemmaNorm(prefix + "post_feedforward_layernorm.weight", hidden, epsilon),
                rotary);
    }

    @Override
    public String architecture() {
        return config.architecture();
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
        return config.maxPositionEmbeddings();
    }

    @Override
    public EncoderPass newPass(Kernels kernels, @Nullable ActivationListener listener) {
        return new Pass(kernels, listener);
    }

    /** Takes the texts one by one. */
    private final class Pass implements EncoderPass {

        /** Buffers grow by so many tokens at a time. */
        private static final int GROWTH = 512;

        private final Kernels kernels;
        private final @Nullable ActivationListener listener;
        private Activations state;
        private List<RotaryEmbedding.Table> rotary;
        private float[] states = new float[0];

        Pass(Kernels kernels, @Nullable ActivationListener listener) {
            this.kernels = kernels;
            this.listener = listener;
            this.state = newState(GROWTH);
            this.rotary = newTables(GROWTH);
        }

        private Activations newState(int tokens) {
            return new Activations(kernels, config.sizes(tokens, tokens));
        }

        private List<RotaryEmbedding.Table> newTables(int tokens) {
            return rotaryEmbeddings.stream()
                    .map(embedding -> embedding.newTable(tokens))
                    .toList();
        }

        @Override
        public float[] run(List<EncoderInput> texts) {
            requireFit(texts);
            int tokens = texts.stream().mapToInt(EncoderInput::length).sum();
            if (states.length < tokens * config.hiddenSize()) {
                states = new float[tokens * config.hiddenSize()];
            }
            int start = 0;
            for (EncoderInput text : texts) {
                run(text.ids());
                int size = text.length() * config.hiddenSize();
                System.arraycopy(state.hidden(), 0, states, start * config.hiddenSize(), size);
                start += text.length();
            }
            return states;
        }

        private void run(int[] ids) {
            if (ids.length > state.maxTokens()) {
                int room = Math.ceilDiv(ids.length, GROWTH) * GROWTH;
                state = newState(room);
                rotary = newTables(room);
            }
            state.beginText(ids.length);
            rotary.forEach(table -> table.prepare(0, 0, ids.length));
            float scale = (float) Math.sqrt(config.hiddenSize());
            for (int t = 0; t < ids.length; t++) {
                kernels.row(embedTokens, ids[t], state.hidden(), t * config.hiddenSize());
            }
            for (int i = 0; i < ids.length * config.hiddenSize(); i++) {
                state.hidden()[i] *= scale;
            }
            report("embeddings");
            for (int layer = 0; layer < blocks.size(); layer++) {
                run(blocks.get(layer), layer);
                report("layer." + layer);
            }
            norm.forward(kernels, state.hidden(), state.hidden(), ids.length);
        }

        private void run(Block block, int layer) {
            state.norm(block.inputLayernorm);
            block.attention.forward(state, rotary.get(block.rotary));
            state.addProjected(block.postAttentionLayernorm);
            state.norm(block.preFeedforwardLayernorm);
            block.mlp.forward(state, layer);
            state.addProjected(block.postFeedforwardLayernorm);
        }

        private void report(String name) {
            if (listener != null) {
                listener.onActivation(name, state.hidden(), 0, state.tokens());
            }
        }
    }
}
