package dev.caravan.engine;

import dev.caravan.engine.generate.Generation;
import dev.caravan.engine.generate.GenerationListener;
import dev.caravan.engine.generate.GenerationRequest;
import dev.caravan.engine.template.ChatMessage;
import dev.caravan.engine.template.TemplateOptions;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.util.List;

/**
 * A causal language model that is loaded and ready: weights mapped once, tokenizer, template. Thread-safe; requests wait
 * for their turn in the order in which they came.
 */
public interface LanguageModel extends AutoCloseable {

    /** The checkpoint's architecture, for example {@code llama} or {@code gemma3}. */
    String architecture();

    /** The longest prompt and answer together, in tokens: the least of what the model and the memory budget allow. */
    int contextTokens();

    /** The bytes of weights that are mapped. */
    long weightBytes();

    /** SHA-256 of the model's file in hex, or the empty string until it was computed. */
    String weightHash();

    Tokenizer tokenizer();

    /** Whether the model brings a chat template; a base model does not, and {@link #encodeChat} continues plain text. */
    boolean isChatModel();

    /**
     * The prompt of a conversation, ready for the assistant's answer: by the model's template, or for a base model as a
     * plain transcript. Message text never becomes a control token.
     */
    default int[] encodeChat(List<ChatMessage> messages) {
        return encodeChat(messages, TemplateOptions.DEFAULT);
    }

    /**
     * The prompt of a conversation with tools, documents or variables of the template. None of their text becomes a
     * control token.
     *
     * @throws IllegalArgumentException if the template refuses the conversation, or a base model is given tools
     */
    int[] encodeChat(List<ChatMessage> messages, TemplateOptions options);

    /** The prompt of plain text, with the beginning-of-sequence token where the model wants one. */
    int[] encodeText(String text);

    /**
     * Generates until a stop condition. The listener is called on the generating thread; when the request is cancelled,
     * generation ends within one token.
     *
     * @throws ContextOverflowException if the prompt leaves no room for an answer
     */
    Generation generate(GenerationRequest request, GenerationListener listener);

    @Override
    void close();
}
