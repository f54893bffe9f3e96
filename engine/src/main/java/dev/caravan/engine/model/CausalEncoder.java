package dev.caravan.engine.model;

import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.KvCache;
import dev.caravan.engine.layer.KvPagePool;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A decoder whose states are wanted instead of its next token: Qwen3-Embedding. What comes out is its final norm's. */
public final class CausalEncoder implements Encoder {

    private final Decoder decoder;

    CausalEncoder(Decoder decoder) {
        this.decoder = decoder;
    }

    @Override
    public String architecture() {
        return decoder.config().architecture();
    }

    @Override
    public int vocabSize() {
        return decoder.config().vocabSize();
    }

    @Override
    public int hiddenSize() {
        return decoder.config().hiddenSize();
    }

    @Override
    public int maxTokens() {
        return decoder.config().maxPositionEmbeddings();
    }

    @Override
    public EncoderPass newPass(Kernels kernels, @Nullable ActivationListener listener) {
        return new Pass(kernels, listener);
    }

    /** Takes the texts one by one, a long one in several passes over the weights. */
    private final class Pass implements EncoderPass {
        private final DecoderPass pass;
        private final Kernels kernels;
        private float[] states = new float[0];

        Pass(Kernels kernels, @Nullable ActivationListener listener) {
            this.kernels = kernels;
            this.pass = new DecoderPass(decoder, kernels, maxTokens(), listener);
        }

        @Override
        public float[] run(List<EncoderInput> texts) {
            requireFit(texts);
            int tokens = texts.stream().mapToInt(EncoderInput::length).sum();
            if (states.length < tokens * hiddenSize()) {
                states = new float[tokens * hiddenSize()];
            }
            int start = 0;
            for (EncoderInput text : texts) {
                run(text.ids(), start);
                start += text.length();
            }
            decoder.norm().forward(kernels, states, states, tokens);
            return states;
        }

        private void run(int[] ids, int start) {
            try (KvPagePool pool = DecoderPass.newPool(decoder, KvPagePool.pagesFor(ids.length))) {
                KvCache cache = new KvCache(pool);
                for (int from = 0; from < ids.length; from += DecoderPass.MAX_TOKENS) {
                    int end = Math.min(ids.length, from + DecoderPass.MAX_TOKENS);
                    if (!cache.reserve(end)) {
                        throw new IllegalStateException("the pool is smaller than the text");
                    }
                    pass.run(List.of(new DecoderPass.Part(cache, ids, from, end)), () -> false);
                    pass.copyStates(end - from, states, (start + from) * hiddenSize());
                }
            }
        }
    }
}
