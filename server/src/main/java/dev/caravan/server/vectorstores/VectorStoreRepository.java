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
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** The rows of vector stores. */
@Repository
class VectorStoreRepository {

    private static final TypeReference<Map<String, String>> TEXTS = new TypeReference<>() {};

    private final JdbcClient jdbc;
    private final JsonMapper json;
    private final SqlStatements sql = SqlStatements.of("vector-stores");

    VectorStoreRepository(JdbcClient jdbc, JsonMapper json) {
        this.jdbc = jdbc;
        this.json = json;
    }

    /** What a new store is. */
    record NewStore(String id, String name, String description, Map<String, String> metadata, boolean isDefault) {}

    /** Inserts a store; false if it would be a second default one. */
    boolean insert(NewStore store, Instant now) {
        return jdbc.sql(sql.get("insert"))
                        .param("id", store.id())
                        .param("name", store.name())
                        .param("description", store.description())
                        .param("metadata", json.writeValueAsString(store.metadata()))
                        .param("is_default", store.isDefault())
                        .param("created_at", now.atOffset(ZoneOffset.UTC))
                        .update()
                > 0;
    }

    Optional<VectorStore> find(String id) {
        return jdbc.sql(sql.get("find")).param("id", id).query(this::row).optional();
    }

    /** The ids of one row more than the page holds, if there is one. */
    List<String> ids(PageRequest page) {
        return jdbc.sql(sql.get(page.ascending() ? "list-ascending" : "list-descending"))
                .param("after", page.after())
                .param("before", page.before())
                .param("limit", page.limit() + 1)
                .query((row, number) -> row.getString("id"))
                .list();
    }

    Optional<String> defaultId() {
        return jdbc.sql(sql.get("default-id"))
                .query((row, number) -> row.getString("id"))
                .optional();
    }

    /** Changes what is not null; false if there is no such store. */
    boolean update(
            String id, @Nullable String name, @Nullable String description, @Nullable Map<String, String> metadata) {
        return jdbc.sql(sql.get("update"))
                        .param("id", id)
                        .param("name", name)
                        .param("description", description)
                        .param("metadata", metadata == null ? null : json.writeValueAsString(metadata))
                        .update()
                > 0;
    }

    void touch(String id, Instant now) {
        jdbc.sql(sql.get("touch"))
                .param("id", id)
                .param("now", now.atOffset(ZoneOffset.UTC))
                .update();
    }

    boolean delete(String id) {
        return jdbc.sql(sql.get("delete")).param("id", id).update() > 0;
    }

    private VectorStore row(ResultSet row, int number) throws SQLException {
        int inProgress = row.getInt("in_progress");
        int completed = row.getInt("completed");
        int failed = row.getInt("failed");
        int cancelled = row.getInt("cancelled");
        return new VectorStore(
                row.getString("id"),
                row.getString("name"),
                row.getString("description"),
                json.readValue(row.getString("metadata"), TEXTS),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getObject("last_active_at", OffsetDateTime.class).toInstant(),
                new VectorStore.FileCounts(
                        inProgress, completed, failed, cancelled, inProgress + completed + failed + cancelled),
                row.getLong("usage_bytes"));
    }
}
