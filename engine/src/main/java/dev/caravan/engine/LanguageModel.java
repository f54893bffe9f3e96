package dev.caravan.engine;

import dev.caravan.engine.generate.Generation;
import dev.caravan.engine.generate.GenerationListener;
import dev.caravan.engine.generate.GenerationRequest;
import dev.caravan.engine.generate.ServedAdapter;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.template.ChatMessage;
import dev.caravan.engine.template.TemplateOptions;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A causal language model that is loaded and ready: weights mapped once, tokenizer, template. Thread-safe; requests run
 * together, and beyond a bound they wait for their turn in the order in which they came.
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
     * Generates until a stop condition. The listener is called on the calling thread; when the request is cancelled,
     * generation ends within one token.
     *
     * @throws ContextOverflowException if the prompt leaves no room for an answer
     * @throws AdapterClosedException if the request's adapter is out of service
     * @throws QueueFullException if too many requests wait already
     */
    Generation generate(GenerationRequest request, GenerationListener listener);

    /**
     * Generates one answer for each request. A model that can do so runs them together and computes only once what their
     * prompts have in common; this one takes them one after another. Several answers to one prompt are asked for with
     * {@link GenerationRequest#forAnswer}. If one of them fails, so does the whole.
     *
     * @param listeners one for each request, called on the calling thread
     * @return in the order of the requests
     * @throws ContextOverflowException if a prompt leaves no room for an answer
     * @throws AdapterClosedException if a request's adapter is out of service
     * @throws QueueFullException if too many requests wait already
     */
    default List<Generation> generateAll(
            List<GenerationRequest> requests, List<? extends GenerationListener> listeners) {
        List<Generation> generations = new ArrayList<>();
        for (int i = 0; i < requests.size(); i++) {
            generations.add(generate(requests.get(i), listeners.get(i)));
        }
        return generations;
    }

    /**
     * Takes an adapter into service: requests may name it from now on, others stay as they are. The base's weights are
     * shared and never changed. Close it to take it out of service.
     *
     * @param name what messages call it
     * @param adapter is copied
     * @throws IllegalArgumentException if it is of another base
     * @throws OutOfMemoryBudgetException if the copy does not fit into memory
     */
    default ServedAdapter serve(String name, LoraAdapter adapter) {
        throw new UnsupportedOperationException("this model takes no adapters");
    }

    /**
     * Reads an adapter and takes it into service, as {@link #serve} does.
     *
     * @param path a folder as PEFT saves it, or a GGUF file as llama.cpp reads it; messages call it by its last name
     * @throws ModelFormatException if there is none, or it is damaged or of another base
     * @throws IllegalArgumentException if it was trained on another file of the base
     * @throws OutOfMemoryBudgetException if it does not fit into memory
     */
    default ServedAdapter loadAdapter(Path path) {
        throw new UnsupportedOperationException("this model takes no adapters");
    }

    @Override
    void close();
}
