package dev.caravan.server.chat;

import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.tokenizer.Tokenizer.Specials;
import dev.caravan.server.api.ApiException;
import dev.caravan.server.conversations.Turn;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The messages of a stored conversation, as much of it as the model's context has room for. */
final class ConversationMessages {

    /** The part of the context that history may take: passages, question and answer need the rest. */
    private static final int HISTORY_SHARE = 4;

    private ConversationMessages() {}

    /**
     * The question of a request that continues a conversation.
     *
     * @throws ApiException if its last message is not a user's
     */
    static String question(List<ChatMessage> messages) {
        if (!messages.isEmpty() && messages.getLast() instanceof UserMessage question) {
            return question.singleText();
        }
        throw ApiException.invalid("messages", "With 'conversation' the last message must be the user's question.");
    }

    /** System messages of the request, the newest questions and answers that fit, and the question. */
    static List<ChatMessage> of(Turn turn, List<ChatMessage> request, LanguageModel model) {
        int budget = model.contextTokens() / HISTORY_SHARE;
        Deque<Turn.Past> kept = new ArrayDeque<>();
        for (Turn.Past past : turn.history().reversed()) {
            budget -= tokens(model, past.question()) + tokens(model, past.answer());
            if (budget < 0) {
                break;
            }
            kept.addFirst(past);
        }
        List<ChatMessage> messages = new ArrayList<>();
        request.stream().filter(SystemMessage.class::isInstance).forEach(messages::add);
        for (Turn.Past past : kept) {
            messages.add(UserMessage.from(past.question()));
            messages.add(AiMessage.from(past.answer()));
        }
        messages.add(UserMessage.from(turn.question()));
        return messages;
    }

    /** The messages as text, for the record. */
    static String transcript(List<ChatMessage> messages) {
        StringBuilder transcript = new StringBuilder();
        for (ChatMessage message : messages) {
            String text = switch (message) {
                case SystemMessage system -> "system: " + system.text();
                case UserMessage user -> "user: " + user.singleText();
                case AiMessage assistant -> "assistant: " + assistant.text();
                default -> throw new IllegalArgumentException("a message of " + message.type());
            };
            transcript.append(transcript.isEmpty() ? "" : "\n").append(text);
        }
        return transcript.toString();
    }

    private static int tokens(LanguageModel model, String text) {
        return model.tokenizer().encode(text, Specials.AS_TEXT).length;
    }
}
