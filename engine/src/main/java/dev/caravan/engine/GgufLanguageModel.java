package dev.caravan.engine;

import dev.caravan.engine.generate.Generation;
import dev.caravan.engine.generate.GenerationListener;
import dev.caravan.engine.generate.GenerationQueue;
import dev.caravan.engine.generate.GenerationRequest;
import dev.caravan.engine.generate.Generator;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.model.Session;
import dev.caravan.engine.template.ChatMessage;
import dev.caravan.engine.template.PlainTemplate;
import dev.caravan.engine.template.TemplateOptions;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.util.List;

/**
 * A loaded model with one session: the weights are mapped once, one generation runs at a time, and a prompt
 * that begins like the one before it starts from that one's keys and values. Owns the decoder, the kernels and the
 * session.
 */
final class GgufLanguageModel implements LanguageModel {
    private final LoadedDecoder loaded;
    private final PromptEncoder encoder;
    private final boolean isChatModel;
    private final Kernels kernels;
    private final Session session;
    private final Generator generator;
    private final GenerationQueue queue = new GenerationQueue();
    private final FileHash hash;

    /** Takes over the decoder and the kernels. */
    GgufLanguageModel(
            LoadedDecoder loaded, PromptEncoder encoder, Kernels kernels, int contextTokens, String weightHash) {
        this.loaded = loaded;
        this.encoder = encoder;
        this.isChatModel = !(encoder.template() instanceof PlainTemplate);
        this.kernels = kernels;
        this.session = new Session(loaded.decoder(), kernels, contextTokens);
        this.generator = new Generator(session, encoder.tokenizer());
        this.hash = FileHash.of(loaded.checkpoint().weightFiles(), weightHash);
    }

    @Override
    public String architecture() {
        return loaded.decoder().config().architecture();
    }

    @Override
    public int contextTokens() {
        return session.contextTokens();
    }

    @Override
    public long weightBytes() {
        return loaded.weightBytes();
    }

    @Override
    public String weightHash() {
        return hash.value();
    }

    @Override
    public Tokenizer tokenizer() {
        return encoder.tokenizer();
    }

    @Override
    public boolean isChatModel() {
        return isChatModel;
    }

    @Override
    public int[] encodeChat(List<ChatMessage> messages, TemplateOptions options) {
        return encoder.encodeChat(messages, options);
    }

    @Override
    public int[] encodeText(String text) {
        return encoder.encodeText(text);
    }

    @Override
    public Generation generate(GenerationRequest request, GenerationListener listener) {
        // A closing model stops what runs; whoever closes waits for that.
        GenerationRequest stoppable = request.withCancelled(
                () -> queue.isClosed() || request.cancelled().getAsBoolean());
        if (!queue.enter(request.cancelled())) {
            return new Generation("", request.promptTokens().length, 0, 0, Generation.FinishReason.CANCELLED);
        }
        try {
            return generator.generate(stoppable, listener);
        } finally {
            queue.leave();
        }
    }

    @Override
    public void close() {
        if (queue.close()) {
            hash.close();
            session.close();
            kernels.close();
            loaded.close();
        }
    }
}
