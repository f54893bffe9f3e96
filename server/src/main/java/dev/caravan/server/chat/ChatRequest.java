package dev.caravan.server.chat;

import dev.caravan.langchain4j.CaravanChatRequestParameters;
import dev.langchain4j.data.message.ChatMessage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A chat completion that is asked for, checked.
 *
 * @param model the model's id or {@code default}
 * @param messages the conversation, oldest first
 * @param parameters what the request says of sampling and length
 * @param parametersJson the same as it is stored with the answer
 * @param fileSearch where to look, or null for an answer without documents
 * @param conversation where the answer is stored, or null
 * @param isStreamed whether pieces are sent as they come
 * @param includesUsage whether a stream ends with the token counts
 */
record ChatRequest(
        String model,
        List<ChatMessage> messages,
        CaravanChatRequestParameters parameters,
        String parametersJson,
        @Nullable FileSearch fileSearch,
        @Nullable ConversationPlace conversation,
        boolean isStreamed,
        boolean includesUsage) {

    /** The extension {@code file_search}. */
    record FileSearch(List<String> vectorStoreIds, int maxNumResults) {}

    /** The extension {@code conversation}; with an answer's id another version of it is made. */
    record ConversationPlace(String id, @Nullable String regenerateMessageId) {}

    ChatRequest {
        messages = List.copyOf(messages);
    }
}
