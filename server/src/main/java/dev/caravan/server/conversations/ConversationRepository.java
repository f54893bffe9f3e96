package dev.caravan.server.conversations;

import dev.caravan.server.api.PageRequest;
import dev.caravan.server.conversations.ConversationObjects.Summary;
import dev.caravan.server.database.SqlStatements;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** The rows of conversations, messages, versions and citations. */
@Repository
class ConversationRepository {

    private static final TypeReference<List<AnswerSource>> SOURCES = new TypeReference<>() {};

    private final JdbcClient jdbc;
    private final JsonMapper json;
    private final SqlStatements sql = SqlStatements.of("conversations");

    ConversationRepository(JdbcClient jdbc, JsonMapper json) {
        this.jdbc = jdbc;
        this.json = json;
    }

    /** A version with the message that it belongs to. */
    record VersionRow(
            String messageId,
            String role,
            long messageCreatedAt,
            String id,
            String status,
            String content,
            @Nullable String model,
            List<AnswerSource> sources,
            long createdAt) {}

    /**
     * What a new version is.
     *
     * @param parameters JSON, or null for a user's message
     */
    record NewVersion(
            String id,
            String messageId,
            String status,
            String content,
            @Nullable String model,
            @Nullable String parameters) {}

    void insert(String id, @Nullable String title, Instant now) {
        jdbc.sql(sql.get("insert"))
                .param("id", id)
                .param("title", title)
                .param("now", now.atOffset(ZoneOffset.UTC))
                .update();
    }

    Optional<Summary> find(String id) {
        return jdbc.sql(sql.get("find"))
                .param("id", id)
                .query(ConversationRepository::summary)
                .optional();
    }

    /** The conversation, locked to the end of the transaction: two questions at once get their places one by one. */
    Optional<Summary> lock(String id) {
        return jdbc.sql(sql.get("lock"))
                .param("id", id)
                .query(ConversationRepository::summary)
                .optional();
    }

    /** One row more than the page holds, if there is one. */
    List<Summary> list(PageRequest page) {
        return jdbc.sql(sql.get("list"))
                .param("after", page.after())
                .param("limit", page.limit() + 1)
                .query(ConversationRepository::summary)
                .list();
    }

    boolean rename(String id, String title) {
        return jdbc.sql(sql.get("rename")).param("id", id).param("title", title).update() > 0;
    }

    /** Moves a conversation to the top; the title counts if there is none yet. */
    void touch(String id, @Nullable String title, Instant now) {
        jdbc.sql(sql.get("touch"))
                .param("id", id)
                .param("title", title)
                .param("now", now.atOffset(ZoneOffset.UTC))
                .update();
    }

    boolean delete(String id) {
        return jdbc.sql(sql.get("delete")).param("id", id).update() > 0;
    }

    void insertMessage(String id, String conversationId, String role, Instant now) {
        jdbc.sql(sql.get("insert-message"))
                .param("id", id)
                .param("conversation_id", conversationId)
                .param("role", role)
                .param("now", now.atOffset(ZoneOffset.UTC))
                .update();
    }

    void insertVersion(NewVersion version, Instant now) {
        jdbc.sql(sql.get("insert-version"))
                .param("id", version.id())
                .param("message_id", version.messageId())
                .param("status", version.status())
                .param("content", version.content())
                .param("model", version.model())
                .param("parameters", version.parameters())
                .param("now", now.atOffset(ZoneOffset.UTC))
                .update();
    }

    /** All versions in the order of their messages, then of their making. */
    List<VersionRow> versions(String conversationId) {
        return jdbc.sql(sql.get("versions"))
                .param("conversation_id", conversationId)
                .query(this::version)
                .list();
    }

    /** The citations of a conversation by version. */
    Map<String, List<Annotation>> citations(String conversationId) {
        Map<String, List<Annotation>> byVersion = new HashMap<>();
        jdbc.sql(sql.get("citations")).param("conversation_id", conversationId).query(row -> {
            byVersion
                    .computeIfAbsent(row.getString("version_id"), id -> new ArrayList<>())
                    .add(annotation(row));
        });
        return byVersion;
    }

    void savePartial(String versionId, String content) {
        jdbc.sql(sql.get("save-partial"))
                .param("id", versionId)
                .param("content", content)
                .update();
    }

    /** Ends a version; false if it has ended, or is gone. */
    boolean finish(String versionId, FinishedAnswer answer) {
        int updated = jdbc.sql(sql.get("finish"))
                .param("id", versionId)
                .param("status", answer.status().name().toLowerCase(Locale.ROOT))
                .param("content", answer.content())
                .param("prompt", answer.prompt().isEmpty() ? null : answer.prompt())
                .param("sources", json.writeValueAsString(answer.sources()))
                .update();
        return updated > 0;
    }

    void insertCitation(String versionId, int ordinal, Annotation annotation) {
        jdbc.sql(sql.get("insert-citation"))
                .param("version_id", versionId)
                .param("ordinal", ordinal)
                .param("shown_index", annotation.index())
                .param("file_id", annotation.fileId())
                .param("filename", annotation.filename())
                .param("page", annotation.page())
                .param("paragraph", annotation.paragraph())
                .param("quote", annotation.quote())
                .param("start_index", annotation.startIndex())
                .param("end_index", annotation.endIndex())
                .param("document_hash", annotation.documentHash())
                .param("document_start", annotation.documentStart())
                .param("document_end", annotation.documentEnd())
                .update();
    }

    /** Ends the versions that a killed server left open. */
    int endInterrupted() {
        return jdbc.sql(sql.get("end-interrupted")).update();
    }

    private static Summary summary(ResultSet row, int number) throws SQLException {
        return new Summary(
                row.getString("id"), row.getString("title"), seconds(row, "created_at"), seconds(row, "updated_at"));
    }

    private VersionRow version(ResultSet row, int number) throws SQLException {
        return new VersionRow(
                row.getString("message_id"),
                row.getString("role"),
                seconds(row, "message_created_at"),
                row.getString("id"),
                row.getString("status"),
                row.getString("content"),
                row.getString("model"),
                json.readValue(row.getString("sources"), SOURCES),
                seconds(row, "created_at"));
    }

    private static Annotation annotation(ResultSet row) throws SQLException {
        return new Annotation(
                Annotation.FILE_CITATION,
                row.getInt("shown_index"),
                row.getString("file_id"),
                row.getString("filename"),
                row.getObject("page", Integer.class),
                row.getObject("paragraph", Integer.class),
                row.getString("quote"),
                row.getInt("start_index"),
                row.getInt("end_index"),
                row.getString("document_hash"),
                row.getInt("document_start"),
                row.getInt("document_end"));
    }

    private static long seconds(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toEpochSecond();
    }
}
