package dev.caravan.server.vectorstores;

import dev.caravan.server.api.PageRequest;
import dev.caravan.server.database.SqlStatements;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** The rows of files in vector stores. Every change of a state says which state it leaves, so that none is lost. */
@Repository
class VectorStoreFileRepository {

    private static final TypeReference<Map<String, Object>> ATTRIBUTES = new TypeReference<>() {};

    private final JdbcClient jdbc;
    private final JsonMapper json;
    private final SqlStatements sql = SqlStatements.of("vector-store-files");

    VectorStoreFileRepository(JdbcClient jdbc, JsonMapper json) {
        this.jdbc = jdbc;
        this.json = json;
    }

    /** Adds a file as {@code in_progress}; false if the store holds it already. */
    boolean insert(String vectorStoreId, String fileId, Map<String, Object> attributes, Instant now) {
        return statement("insert", vectorStoreId, fileId)
                        .param("attributes", json.writeValueAsString(attributes))
                        .param("created_at", now.atOffset(ZoneOffset.UTC))
                        .update()
                > 0;
    }

    Optional<VectorStoreFile> find(String vectorStoreId, String fileId) {
        return statement("find", vectorStoreId, fileId).query(this::row).optional();
    }

    /** One row more than the page holds, if there is one. */
    List<VectorStoreFile> list(String vectorStoreId, PageRequest page, @Nullable String status) {
        return jdbc.sql(sql.get(page.ascending() ? "list-ascending" : "list-descending"))
                .param("vector_store_id", vectorStoreId)
                .param("status", status)
                .param("after", page.after())
                .param("before", page.before())
                .param("limit", page.limit() + 1)
                .query(this::row)
                .list();
    }

    /** Counts a run of the job; empty if there is nothing to run for. */
    OptionalInt beginAttempt(String vectorStoreId, String fileId) {
        return statement("begin-attempt", vectorStoreId, fileId)
                .query((row, number) -> OptionalInt.of(row.getInt("attempts")))
                .optional()
                .orElseGet(OptionalInt::empty);
    }

    boolean progress(String vectorStoreId, String fileId, String stage, double progress) {
        return statement("progress", vectorStoreId, fileId)
                        .param("stage", stage)
                        .param("progress", progress)
                        .update()
                > 0;
    }

    boolean complete(String vectorStoreId, String fileId, String documentHash) {
        return statement("complete", vectorStoreId, fileId)
                        .param("document_hash", documentHash)
                        .update()
                > 0;
    }

    void fail(String vectorStoreId, String fileId, String code, String message) {
        statement("fail", vectorStoreId, fileId)
                .param("code", code)
                .param("message", message)
                .update();
    }

    /** From {@code failed} or {@code cancelled} back to {@code in_progress}. */
    boolean restart(String vectorStoreId, String fileId) {
        return statement("restart", vectorStoreId, fileId).update() > 0;
    }

    boolean delete(String vectorStoreId, String fileId) {
        return statement("delete", vectorStoreId, fileId).update() > 0;
    }

    /** Pairs of vector store and file that are {@code in_progress} without a job. */
    List<IngestionJob.Key> withoutJob(String taskName) {
        return jdbc.sql(sql.get("without-job"))
                .param("task_name", taskName)
                .query((row, number) ->
                        new IngestionJob.Key(row.getString("vector_store_id"), row.getString("file_id")))
                .list();
    }

    private JdbcClient.StatementSpec statement(String name, String vectorStoreId, String fileId) {
        return jdbc.sql(sql.get(name)).param("vector_store_id", vectorStoreId).param("file_id", fileId);
    }

    private VectorStoreFile row(ResultSet row, int number) throws SQLException {
        return new VectorStoreFile(
                row.getString("vector_store_id"),
                row.getString("file_id"),
                row.getString("filename"),
                row.getLong("bytes"),
                json.readValue(row.getString("attributes"), ATTRIBUTES),
                row.getString("status"),
                row.getString("stage"),
                row.getDouble("progress"),
                row.getString("error_code"),
                row.getString("error_message"),
                row.getString("document_hash"),
                row.getInt("attempts"),
                row.getObject("created_at", OffsetDateTime.class).toInstant());
    }
}
