package dev.caravan.server.conversations;

import dev.caravan.server.api.ApiException;
import dev.caravan.server.api.IdGenerator;
import dev.caravan.server.api.IdGenerator.Kind;
import dev.caravan.server.api.PageRequest;
import dev.caravan.server.conversations.ConversationObjects.Conversation;
import dev.caravan.server.conversations.ConversationObjects.Message;
import dev.caravan.server.conversations.ConversationObjects.Summary;
import dev.caravan.server.conversations.ConversationObjects.Version;
import dev.caravan.server.conversations.ConversationRepository.NewVersion;
import dev.caravan.server.conversations.ConversationRepository.VersionRow;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationStartedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;

/** Conversations in the database. An answer is a row from before its first token, so that nothing of it is lost. */
@Service
public class ConversationService {

    private static final Logger log = LoggerFactory.getLogger(ConversationService.class);
    private static final int TITLE_CODE_POINTS = 40;

    private final ConversationRepository repository;
    private final TransactionTemplate transaction;
    private final IdGenerator ids;
    private final Clock clock;

    ConversationService(
            ConversationRepository repository, TransactionTemplate transaction, IdGenerator ids, Clock clock) {
        this.repository = repository;
        this.transaction = transaction;
        this.ids = ids;
        this.clock = clock;
    }

    /**
     * What makes an answer.
     *
     * @param parameters JSON
     */
    public record Origin(String model, String parameters) {}

    /**
     * Stores a question and opens its answer.
     *
     * @throws ApiException if there is no such conversation
     */
    public Turn ask(String conversationId, String question, Origin origin) {
        return Objects.requireNonNull(transaction.execute(status -> {
            Instant now = clock.instant();
            lock(conversationId);
            List<VersionRow> before = repository.versions(conversationId);
            String questionId = ids.next(Kind.MESSAGE);
            repository.insertMessage(questionId, conversationId, "user", now);
            repository.insertVersion(
                    new NewVersion(ids.next(Kind.MESSAGE_VERSION), questionId, "completed", question, null, null), now);
            repository.touch(conversationId, title(question), now);
            String answerId = ids.next(Kind.MESSAGE);
            repository.insertMessage(answerId, conversationId, "assistant", now);
            return open(answerId, before, question, origin, now);
        }));
    }

    /**
     * Opens another version of an answer.
     *
     * @throws ApiException if there is no such conversation or no such answer in it
     */
    public Turn askAgain(String conversationId, String answerId, Origin origin) {
        return Objects.requireNonNull(transaction.execute(status -> {
            Instant now = clock.instant();
            lock(conversationId);
            List<VersionRow> all = repository.versions(conversationId);
            int first = 0;
            while (first < all.size() && !all.get(first).messageId().equals(answerId)) {
                first++;
            }
            if (first == 0
                    || first == all.size()
                    || !all.get(first).role().equals("assistant")
                    || !all.get(first - 1).role().equals("user")) {
                throw ApiException.notFound("answer", "conversation.regenerate_message_id", answerId);
            }
            repository.touch(conversationId, null, now);
            return open(answerId, all.subList(0, first - 1), all.get(first - 1).content(), origin, now);
        }));
    }

    private void lock(String conversationId) {
        if (repository.lock(conversationId).isEmpty()) {
            throw ApiException.notFound("conversation", "conversation.id", conversationId);
        }
    }

    private Turn open(String answerId, List<VersionRow> before, String question, Origin origin, Instant now) {
        String versionId = ids.next(Kind.MESSAGE_VERSION);
        repository.insertVersion(
                new NewVersion(versionId, answerId, "streaming", "", origin.model(), origin.parameters()), now);
        return new Turn(answerId, versionId, history(before), question);
    }

    /** Questions with the newest version of their answers; a question without an answer is left out. */
    private static List<Turn.Past> history(List<VersionRow> versions) {
        Map<String, VersionRow> newest = new LinkedHashMap<>();
        for (VersionRow version : versions) {
            boolean isUsable =
                    version.status().equals("completed") || version.status().equals("stopped");
            if (isUsable && !version.content().isBlank()) {
                newest.put(version.messageId(), version);
            }
        }
        List<Turn.Past> history = new ArrayList<>();
        String question = null;
        for (VersionRow version : newest.values()) {
            if (version.role().equals("user")) {
                question = version.content();
            } else if (question != null) {
                history.add(new Turn.Past(question, version.content()));
                question = null;
            }
        }
        return history;
    }

    /** The first line of the first question, shortened. */
    private static String title(String question) {
        String line = question.strip().lines().findFirst().orElse("").strip();
        if (line.codePointCount(0, line.length()) <= TITLE_CODE_POINTS) {
            return line;
        }
        return line.substring(0, line.offsetByCodePoints(0, TITLE_CODE_POINTS)).strip() + "…";
    }

    /** Writes down how far an answer is, so that a crash leaves what there was. */
    public void savePartial(Turn turn, String content) {
        repository.savePartial(turn.versionId(), content);
    }

    /** Ends an answer; nothing happens if its conversation was deleted meanwhile. */
    public void finish(Turn turn, FinishedAnswer answer) {
        transaction.executeWithoutResult(status -> {
            if (repository.finish(turn.versionId(), answer)) {
                int ordinal = 0;
                for (Annotation annotation : answer.annotations()) {
                    repository.insertCitation(turn.versionId(), ordinal++, annotation);
                }
            }
        });
    }

    @EventListener(ApplicationStartedEvent.class)
    void endInterrupted() {
        int ended = repository.endInterrupted();
        if (ended > 0) {
            log.info("conversations=interrupted-answers-ended count={}", ended);
        }
    }

    Conversation create(@Nullable String title) {
        String id = ids.next(Kind.CONVERSATION);
        repository.insert(id, title, clock.instant());
        return get(id);
    }

    List<Summary> list(PageRequest page) {
        return repository.list(page);
    }

    Summary rename(String id, String title) {
        repository.rename(id, title);
        return require(id);
    }

    void delete(String id) {
        if (!repository.delete(id)) {
            throw ApiException.notFound("conversation", "id", id);
        }
    }

    private Summary require(String id) {
        return repository.find(id).orElseThrow(() -> ApiException.notFound("conversation", "id", id));
    }

    Conversation get(String id) {
        Summary summary = require(id);
        Map<String, List<Annotation>> citations = repository.citations(id);
        Map<String, Message> messages = new LinkedHashMap<>();
        for (VersionRow row : repository.versions(id)) {
            messages.computeIfAbsent(
                            row.messageId(),
                            messageId -> new Message(messageId, row.role(), row.messageCreatedAt(), new ArrayList<>()))
                    .versions()
                    .add(new Version(
                            row.id(),
                            row.content(),
                            row.status(),
                            row.model(),
                            row.createdAt(),
                            citations.getOrDefault(row.id(), List.of()),
                            row.sources()));
        }
        return new Conversation(
                summary.id(),
                summary.title(),
                summary.createdAt(),
                summary.updatedAt(),
                List.copyOf(messages.values()));
    }
}
