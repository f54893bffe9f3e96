package dev.caravan.langchain4j;

import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.generate.Generation;
import dev.caravan.engine.generate.Generation.FinishReason;
import dev.caravan.engine.generate.GenerationListener;
import dev.caravan.engine.generate.GenerationRequest;
import dev.caravan.engine.template.ChatMessage;
import dev.caravan.engine.template.TemplateOptions;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Says fixed pieces, asks for cancellation before each, and remembers what it was asked. */
final class FakeLanguageModel implements LanguageModel {

    static final int CACHED_TOKENS = 2;

    private final List<String> pieces;
    private final FinishReason finishReason;
    final List<List<ChatMessage>> conversations = new ArrayList<>();
    final List<GenerationRequest> requests = new ArrayList<>();

    @Nullable
    RuntimeException failure;

    FakeLanguageModel(FinishReason finishReason, String... pieces) {
        this.finishReason = finishReason;
        this.pieces = List.of(pieces);
    }

    @Override
    public int[] encodeChat(List<ChatMessage> messages, TemplateOptions options) {
        conversations.add(messages);
        return new int[messages.size() * 3];
    }

    @Override
    public Generation generate(GenerationRequest request, GenerationListener listener) {
        requests.add(request);
        if (failure != null) {
            throw failure;
        }
        StringBuilder text = new StringBuilder();
        int tokens = 0;
        for (String piece : pieces) {
            if (request.cancelled().getAsBoolean()) {
                return generation(request, text, tokens, FinishReason.CANCELLED);
            }
            listener.onText(piece);
            text.append(piece);
            tokens++;
        }
        return generation(request, text, tokens, finishReason);
    }

    private static Generation generation(
            GenerationRequest request, StringBuilder text, int tokens, FinishReason finishReason) {
        return new Generation(text.toString(), request.promptTokens().length, CACHED_TOKENS, tokens, finishReason);
    }

    @Override
    public String architecture() {
        return "fake";
    }

    @Override
    public int contextTokens() {
        return 100;
    }

    @Override
    public long weightBytes() {
        return 0;
    }

    @Override
    public String weightHash() {
        return "";
    }

    @Override
    public Tokenizer tokenizer() {
        throw new UnsupportedOperationException("LangChain4j's models encode by the model, not by its tokenizer");
    }

    @Override
    public boolean isChatModel() {
        return true;
    }

    @Override
    public int[] encodeText(String text) {
        throw new UnsupportedOperationException("LangChain4j's chat models encode conversations");
    }

    @Override
    public void close() {}
}
