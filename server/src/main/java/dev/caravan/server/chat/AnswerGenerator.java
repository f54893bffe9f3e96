package dev.caravan.server.chat;

import dev.caravan.knowledge.chain.Citation;
import dev.caravan.knowledge.chain.RagAnswer;
import dev.caravan.knowledge.chain.RagRequest;
import dev.caravan.knowledge.chain.Source;
import dev.caravan.knowledge.retrieve.RetrievedSegment;
import dev.caravan.langchain4j.CaravanChatRequestParameters;
import dev.caravan.langchain4j.CaravanChatResponseMetadata;
import dev.caravan.langchain4j.CaravanTokenUsage;
import dev.caravan.server.api.ApiException;
import dev.caravan.server.chat.ChatRequest.FileSearch;
import dev.caravan.server.conversations.Annotation;
import dev.caravan.server.conversations.AnswerSource;
import dev.caravan.server.knowledge.KnowledgeService;
import dev.caravan.server.models.LoadedChatModel;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.springframework.stereotype.Component;

/** Generates one answer on the calling thread: by the RAG chain if documents are asked for, else by the model alone. */
@Component
class AnswerGenerator {

    private final KnowledgeService knowledge;

    AnswerGenerator(KnowledgeService knowledge) {
        this.knowledge = knowledge;
    }

    /** What is to be answered, and by which model. */
    record Work(LoadedChatModel model, List<ChatMessage> messages, ChatRequest request) {}

    /**
     * Generates.
     *
     * @param onText hears each piece of text
     * @param cancelled asked before every token
     */
    ChatAnswer generate(Work work, Consumer<String> onText, BooleanSupplier cancelled) {
        CaravanChatRequestParameters stoppable =
                CaravanChatRequestParameters.builder().cancelled(cancelled).build();
        ChatRequestParameters parameters = work.request().parameters().overrideWith(stoppable);
        FileSearch search = work.request().fileSearch();
        return search == null
                ? fromModel(work, parameters, onText)
                : fromDocuments(work, search, parameters, onText, cancelled);
    }

    private ChatAnswer fromDocuments(
            Work work,
            FileSearch search,
            ChatRequestParameters parameters,
            Consumer<String> onText,
            BooleanSupplier cancelled) {
        if (!(work.messages().getLast() instanceof UserMessage)) {
            throw ApiException.invalid("messages", "With 'file_search' the last message must be the user's question.");
        }
        RagAnswer answer = knowledge.answer(
                work.model(),
                new RagRequest(work.messages(), search.vectorStoreIds(), search.maxNumResults(), parameters),
                onText::accept,
                cancelled);
        return answer(
                answer.content(),
                answer.citations().stream().map(AnswerGenerator::annotation).toList(),
                answer.sources().stream().map(AnswerGenerator::source).toList(),
                answer.prompt(),
                new End(answer.tokenUsage(), answer.finishReason(), cancelled.getAsBoolean()));
    }

    private static ChatAnswer fromModel(Work work, ChatRequestParameters parameters, Consumer<String> onText) {
        CompletableFuture<ChatResponse> completed = new CompletableFuture<>();
        work.model()
                .streaming()
                .chat(
                        dev.langchain4j.model.chat.request.ChatRequest.builder()
                                .messages(work.messages())
                                .parameters(parameters)
                                .build(),
                        new StreamingChatResponseHandler() {
                            @Override
                            public void onPartialResponse(String text) {
                                onText.accept(text);
                            }

                            @Override
                            public void onCompleteResponse(ChatResponse response) {
                                completed.complete(response);
                            }

                            @Override
                            public void onError(Throwable error) {
                                completed.completeExceptionally(error);
                            }
                        });
        ChatResponse response = completed.join();
        boolean isCancelled =
                response.metadata() instanceof CaravanChatResponseMetadata metadata && metadata.isCancelled();
        return answer(
                Objects.requireNonNullElse(response.aiMessage().text(), ""),
                List.of(),
                List.of(),
                ConversationMessages.transcript(work.messages()),
                new End(response.tokenUsage(), response.finishReason(), isCancelled));
    }

    /** How the model ended. */
    private record End(TokenUsage usage, FinishReason reason, boolean isCancelled) {}

    private static ChatAnswer answer(
            String content, List<Annotation> annotations, List<AnswerSource> sources, String prompt, End end) {
        TokenUsage usage = end.usage();
        return new ChatAnswer(
                content,
                annotations,
                sources,
                prompt,
                Objects.requireNonNullElse(usage.inputTokenCount(), 0),
                usage instanceof CaravanTokenUsage counted ? counted.cachedInputTokenCount() : 0,
                Objects.requireNonNullElse(usage.outputTokenCount(), 0),
                end.isCancelled() && end.reason() == FinishReason.OTHER,
                end.reason() == FinishReason.LENGTH);
    }

    private static Annotation annotation(Citation citation) {
        return new Annotation(
                Annotation.FILE_CITATION,
                citation.index(),
                citation.fileId(),
                citation.filename(),
                citation.page(),
                citation.paragraph(),
                citation.quote(),
                citation.startIndex(),
                citation.endIndex(),
                citation.documentHash(),
                citation.documentStart(),
                citation.documentEnd());
    }

    private static AnswerSource source(Source source) {
        RetrievedSegment segment = source.segment();
        return new AnswerSource(
                source.index(),
                segment.fileId(),
                segment.filename(),
                segment.page(),
                segment.paragraph(),
                segment.score(),
                segment.text(),
                segment.documentHash(),
                segment.start(),
                segment.end(),
                source.cited());
    }
}
