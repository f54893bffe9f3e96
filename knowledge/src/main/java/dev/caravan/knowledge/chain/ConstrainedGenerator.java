package dev.caravan.knowledge.chain;

import dev.langchain4j.model.chat.request.ChatRequestParameters;
import java.util.List;

/**
 * What the chain asks of an engine beyond LangChain4j: to keep an answer to the words of given texts. A port; the server
 * implements it on the engine.
 */
@FunctionalInterface
public interface ConstrainedGenerator {

    /**
     * The same parameters with the constraint.
     *
     * @param passages what the answer is to be made of
     * @param furtherTexts texts whose words are allowed as well: particles, verb endings
     */
    ChatRequestParameters keepTo(ChatRequestParameters parameters, List<String> passages, List<String> furtherTexts);

    /** Leaves the answer free. */
    static ConstrainedGenerator none() {
        return (parameters, passages, furtherTexts) -> parameters;
    }
}
