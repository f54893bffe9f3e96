package dev.caravan.server.chat;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.caravan.server.conversations.Annotation;
import dev.caravan.server.conversations.AnswerSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Chat completions as they stand on the wire: OpenAI's objects with this server's extensions. */
final class ChatObjects {

    private ChatObjects() {}

    record Completion(
            String id,
            String object,
            long created,
            String model,
            List<Choice> choices,
            Usage usage,
            @Nullable String systemFingerprint) {}

    record Choice(int index, Message message, @Nullable Object logprobs, String finishReason) {}

    /**
     * OpenAI's message.
     *
     * @param sources an extension: everything that was given to the model; absent without {@code file_search}
     * @param messageId an extension: the stored message; absent without {@code conversation}
     */
    record Message(
            String role,
            String content,
            @Nullable String refusal,
            List<Annotation> annotations,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            List<AnswerSource> sources,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String messageId) {}

    record Chunk(
            String id,
            String object,
            long created,
            String model,
            @Nullable String systemFingerprint,
            List<ChunkChoice> choices,
            @Nullable Usage usage) {}

    record ChunkChoice(
            int index,
            Delta delta,
            @Nullable Object logprobs,
            @Nullable String finishReason) {}

    /** What is new; the extensions come with the last one. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Delta(
            @Nullable String role,
            @Nullable String content,
            @Nullable List<Annotation> annotations,
            @Nullable List<AnswerSource> sources,
            @Nullable String messageId) {

        static Delta begin() {
            return new Delta("assistant", "", null, null, null);
        }

        static Delta text(String text) {
            return new Delta(null, text, null, null, null);
        }
    }

    record Usage(int promptTokens, int completionTokens, int totalTokens, PromptTokensDetails promptTokensDetails) {

        static Usage of(ChatAnswer answer) {
            return new Usage(
                    answer.promptTokens(),
                    answer.completionTokens(),
                    answer.promptTokens() + answer.completionTokens(),
                    new PromptTokensDetails(answer.cachedTokens()));
        }
    }

    record PromptTokensDetails(int cachedTokens) {}
}
