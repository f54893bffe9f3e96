package dev.caravan.server.conversations;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Conversations as they stand on the wire. */
final class ConversationObjects {

    private ConversationObjects() {}

    record Summary(String id, @Nullable String title, long createdAt, long updatedAt) {}

    record Conversation(String id, @Nullable String title, long createdAt, long updatedAt, List<Message> messages) {}

    record Message(String id, String role, long createdAt, List<Version> versions) {}

    record Version(
            String id,
            String content,
            String status,
            @Nullable String model,
            long createdAt,
            List<Annotation> annotations,
            List<AnswerSource> sources) {}
}
