package dev.caravan.knowledge.chain;

import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import java.util.List;

/**
 * A conversation that ends with a question.
 *
 * @param messages oldest first; the last one is the user's question
 * @param vectorStoreIds where to look; with none nothing is found, and the answer says so
 * @param maxResults at most this many passages, 1 to 50
 * @param parameters passed on to the model
 */
public record RagRequest(
        List<ChatMessage> messages, List<String> vectorStoreIds, int maxResults, ChatRequestParameters parameters) {

    public RagRequest {
        messages = List.copyOf(messages);
        vectorStoreIds = List.copyOf(vectorStoreIds);
    }
}
