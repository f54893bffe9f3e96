package dev.caravan.engine;

import dev.caravan.engine.generate.BatchScheduler;
import dev.caravan.engine.generate.Generation;
import dev.caravan.engine.generate.GenerationListener;
import dev.caravan.engine.generate.GenerationRequest;
import dev.caravan.engine.generate.ServedAdapter;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.template.ChatMessage;
import dev.caravan.engine.template.PlainTemplate;
import dev.caravan.engine.template.TemplateOptions;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A loaded model: the weights are mapped once, generations run together, and a prompt that begins like an earlier one
 * starts from that one's keys and values. Owns the decoder, the kernels and the scheduler.
 */
final class LoadedLanguageModel implements LanguageModel {
    private final LoadedDecoder loaded;
    private final PromptEncoder encoder;
    private final boolean isChatModel;
    private final Kernels kernels;
    private final BatchScheduler scheduler;
    private final FileHash hash;
    private final AdapterLoader adapters;
    private final AtomicBoolean isClosed = new AtomicBoolean();

    /** Takes over the decoder and the kernels. */
    LoadedLanguageModel(
            LoadedDecoder loaded,
            PromptEncoder encoder,
            Kernels kernels,
            BatchScheduler.Limits limits,
            String weightHash) {
        this.loaded = loaded;
        this.encoder = encoder;
        this.isChatModel = !(encoder.template() instanceof PlainTemplate);
        this.kernels = kernels;
        this.scheduler = new BatchScheduler(loaded.decoder(), kernels, encoder.tokenizer(), limits);
        this.hash = FileHash.of(loaded.checkpoint().weightFiles(), weightHash);
        this.adapters = new AdapterLoader(loaded, hash, scheduler);
    }

    @Override
    public String architecture() {
        return loaded.decoder().config().architecture();
    }

    @Override
    public int contextTokens() {
        return scheduler.contextTokens();
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
        return scheduler.generate(List.of(request), List.of(listener)).getFirst();
    }

    @Override
    public List<Generation> generateAll(
            List<GenerationRequest> requests, List<? extends GenerationListener> listeners) {
        return scheduler.generate(requests, listeners);
    }

    @Override
    public ServedAdapter serve(String name, LoraAdapter adapter) {
        return adapters.serve(name, adapter);
    }

    @Override
    public ServedAdapter loadAdapter(Path path) {
        return adapters.load(path);
    }

    @Override
    public void close() {
        if (isClosed.compareAndSet(false, true)) {
            hash.close();
            scheduler.close();
            kernels.close();
            loaded.close();
        }
    }
}
