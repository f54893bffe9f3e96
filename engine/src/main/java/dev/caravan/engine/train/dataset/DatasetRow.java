package dev.caravan.engine.train.dataset;

import dev.caravan.engine.template.ChatMessage;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One row of training data, whatever the format of its file. */
public sealed interface DatasetRow {

    /**
     * A message of a conversation.
     *
     * @param learned whether the model learns to write it; only of the assistant's messages
     */
    record Turn(ChatMessage message, boolean learned) {
        public Turn {
            if (learned && !message.role().equals("assistant")) {
                throw new IllegalArgumentException(
                        "only an assistant's message can be learned, not a %s's".formatted(message.role()));
            }
        }
    }

    /**
     * A conversation, rendered by the model's chat template.
     *
     * @param tools the functions that the assistant may call, in OpenAI's form; null for none
     */
    record Conversation(List<Turn> turns, @Nullable List<Map<String, ?>> tools) implements DatasetRow {
        public Conversation {
            turns = List.copyOf(turns);
            tools = tools == null ? null : List.copyOf(tools);
        }

        /** The messages alone. */
        public List<ChatMessage> messages() {
            return turns.stream().map(Turn::message).toList();
        }
    }

    /** A text that is learned from its first word to its end, without a template. */
    record Document(String text) implements DatasetRow {}
}
