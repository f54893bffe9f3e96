package dev.caravan.server.chat;

import dev.caravan.engine.ContextOverflowException;
import dev.caravan.server.api.ApiErrorCode;
import dev.caravan.server.api.ApiException;
import dev.caravan.server.chat.ChatRequest.ConversationPlace;
import dev.caravan.server.conversations.ConversationService;
import dev.caravan.server.conversations.FinishedAnswer;
import dev.caravan.server.conversations.Turn;
import dev.caravan.server.models.LoadedChatModel;
import dev.caravan.server.models.ModelRegistry;
import dev.caravan.server.vectorstores.VectorStoreService;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Service;

/**
 * Runs answers: a bounded number at once, each on a thread of its own, stored before its end is told. The engine lets one
 * after another compute.
 */
@Service
class ChatService {

    private static final Logger log = LoggerFactory.getLogger(ChatService.class);
    private static final int RETRY_AFTER_SECONDS = 10;

    private final ModelRegistry models;
    private final AnswerGenerator generator;
    private final VectorStoreService vectorStores;
    private final ConversationService conversations;
    private final Semaphore places;
    private final Set<RunningAnswer> running = ConcurrentHashMap.newKeySet();

    ChatService(
            ModelRegistry models,
            AnswerGenerator generator,
            VectorStoreService vectorStores,
            ConversationService conversations,
            ChatProperties properties) {
        this.models = models;
        this.generator = generator;
        this.vectorStores = vectorStores;
        this.conversations = conversations;
        this.places = new Semaphore(properties.maxAnswers());
    }

    /**
     * Starts an answer.
     *
     * @throws ApiException if the request names something that is not there, or too many answers are under way
     */
    RunningAnswer start(ChatRequest request) {
        LoadedChatModel model = models.requireChat(request.model());
        if (request.fileSearch() != null) {
            models.requireEncoder();
            vectorStores.requireAll(request.fileSearch().vectorStoreIds(), "file_search.vector_store_ids");
        }
        if (!places.tryAcquire()) {
            throw ApiException.tryLater(
                    ApiErrorCode.QUEUE_FULL,
                    RETRY_AFTER_SECONDS,
                    "Too many answers are under way; try again in %d seconds.".formatted(RETRY_AFTER_SECONDS));
        }
        boolean isStarted = false;
        try {
            @Nullable Turn turn = turn(request, model);
            List<ChatMessage> messages = turn == null
                    ? request.messages()
                    : ConversationMessages.of(turn, request.messages(), model.model());
            RunningAnswer answer = new RunningAnswer(turn == null ? null : turn.messageId());
            running.add(answer);
            Thread.ofPlatform()
                    .daemon()
                    .name("chat-answer")
                    .start(() -> run(answer, new AnswerGenerator.Work(model, messages, request), turn));
            isStarted = true;
            return answer;
        } finally {
            if (!isStarted) {
                places.release();
            }
        }
    }

    private @Nullable Turn turn(ChatRequest request, LoadedChatModel model) {
        ConversationPlace place = request.conversation();
        if (place == null) {
            return null;
        }
        ConversationService.Origin origin = new ConversationService.Origin(model.id(), request.parametersJson());
        return place.regenerateMessageId() == null
                ? conversations.ask(place.id(), ConversationMessages.question(request.messages()), origin)
                : conversations.askAgain(place.id(), place.regenerateMessageId(), origin);
    }

    private void run(RunningAnswer answer, AnswerGenerator.Work work, @Nullable Turn turn) {
        PartialAnswer partial = new PartialAnswer(text -> answer.emit(new RunningAnswer.Text(text)), content -> {
            if (turn != null) {
                conversations.savePartial(turn, content);
            }
        });
        long start = System.nanoTime();
        RunningAnswer.Event end;
        try {
            ChatAnswer finished = generator.generate(work, partial::append, answer::isCancelled);
            store(turn, finished(finished));
            end = new RunningAnswer.Finished(finished);
            log.info(
                    "chat={} model={} prompt_tokens={} cached_tokens={} completion_tokens={} sources={} millis={}",
                    finished.isStopped() ? "stopped" : "completed",
                    work.model().id(),
                    finished.promptTokens(),
                    finished.cachedTokens(),
                    finished.completionTokens(),
                    finished.sources().size(),
                    (System.nanoTime() - start) / 1_000_000);
        } catch (RuntimeException | Error e) { // whatever it was, the client waits for the end
            end = new RunningAnswer.Failed(translate(e));
            fail(turn, partial.content());
        } finally {
            running.remove(answer);
            places.release();
        }
        answer.emit(end);
    }

    private static FinishedAnswer finished(ChatAnswer answer) {
        return new FinishedAnswer(
                answer.isStopped() ? FinishedAnswer.Status.STOPPED : FinishedAnswer.Status.COMPLETED,
                answer.content(),
                answer.prompt(),
                answer.annotations(),
                answer.sources());
    }

    private void store(@Nullable Turn turn, FinishedAnswer answer) {
        if (turn != null) {
            conversations.finish(turn, answer);
        }
    }

    /** A database that is gone must not hide the failure that led here. */
    private void fail(@Nullable Turn turn, String content) {
        try {
            store(turn, FinishedAnswer.partial(FinishedAnswer.Status.FAILED, content));
        } catch (RuntimeException e) {
            log.error("chat=failed-answer-not-stored", e);
        }
    }

    private static Throwable translate(Throwable failure) {
        return switch (failure) {
            case ContextOverflowException e ->
                new ApiException(
                        ApiErrorCode.CONTEXT_LENGTH_EXCEEDED,
                        "messages",
                        "This model's context holds %d tokens, the messages have %d; shorten them or start a new conversation."
                                .formatted(e.contextTokens(), e.promptTokens()));
            case UnsupportedFeatureException e ->
                new ApiException(ApiErrorCode.UNSUPPORTED_PARAMETER, null, String.valueOf(e.getMessage()));
            case RateLimitException e ->
                ApiException.tryLater(
                        ApiErrorCode.QUEUE_FULL, RETRY_AFTER_SECONDS, "Too many answers are under way; try again.");
            case IllegalArgumentException e -> ApiException.invalid("messages", String.valueOf(e.getMessage()));
            case CompletionException e when e.getCause() != null -> translate(e.getCause());
            default -> failure;
        };
    }

    /** The server stops: what is under way ends within a token and is stored. */
    @EventListener(ContextClosedEvent.class)
    void stopAll() {
        running.forEach(RunningAnswer::cancel);
    }
}
