package dev.caravan.server.files;

import dev.caravan.server.api.PageRequest;
import dev.caravan.server.database.SqlStatements;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** The rows of uploaded files. */
@Repository
class FileRepository {

    private final JdbcClient jdbc;
    private final SqlStatements sql = SqlStatements.of("files");

    FileRepository(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    void insert(StoredFile file) {
        jdbc.sql(sql.get("insert"))
                .param("id", file.id())
                .param("filename", file.filename())
                .param("purpose", file.purpose())
                .param("bytes", file.bytes())
                .param("sha256", file.sha256())
                .param("created_at", file.createdAt().atOffset(ZoneOffset.UTC))
                .update();
    }

    Optional<StoredFile> find(String id) {
        return jdbc.sql(sql.get("find"))
                .param("id", id)
                .query(FileRepository::row)
                .optional();
    }

    /** One row more than the page holds, if there is one. */
    List<StoredFile> list(PageRequest page, @Nullable String purpose) {
        return jdbc.sql(sql.get(page.ascending() ? "list-ascending" : "list-descending"))
                .param("purpose", purpose)
                .param("after", page.after())
                .param("limit", page.limit() + 1)
                .query(FileRepository::row)
                .list();
    }

    boolean delete(String id) {
        return jdbc.sql(sql.get("delete")).param("id", id).update() > 0;
    }

    Set<String> ids() {
        return new HashSet<>(jdbc.sql(sql.get("ids"))
                .query((row, number) -> row.getString("id"))
                .list());
    }

    private static StoredFile row(ResultSet row, int number) throws SQLException {
        return new StoredFile(
                row.getString("id"),
                row.getString("filename"),
                row.getString("purpose"),
                row.getLong("bytes"),
                row.getString("sha256"),
                row.getObject("created_at", OffsetDateTime.class).toInstant());
    }
}
