package dev.caravan.server.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.postgres.EmbeddedPostgres;
import dev.caravan.postgres.PostgresSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups of a real database and real files: what was there comes back, and nothing changes when it cannot. */
class BackupCommandTest {

    @TempDir
    Path directory;

    private Path home;
    private Path archive;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    @BeforeEach
    void name() {
        home = directory.resolve("home");
        archive = directory.resolve("caravan.backup");
    }

    @Test
    void databaseAndFilesComeBackInAnEmptyHome() throws Exception {
        fill("연차 휴가는 15일");
        run(home, "backup");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(archive)))
                .isEqualTo("rw-------");

        Path other = directory.resolve("other");
        run(other, "restore");

        assertThat(text(other)).isEqualTo("연차 휴가는 15일");
        assertThat(Files.readString(other.resolve("files/ab/한글 문서.txt"))).isEqualTo("upload");
        assertThat(output.toString(StandardCharsets.UTF_8)).contains("the database and 1 files");
        assertOnly(other, "files", "postgres", "caravan.lock");
    }

    @Test
    void aBackupTakenWhileTheServerRunsReplacesWhatCameLater() throws Exception {
        fill("before");
        try (EmbeddedPostgres server = EmbeddedPostgres.start(PostgresSettings.inHome(home))) {
            run(home, "backup");
            execute(server, "UPDATE note SET text = 'after'");
            Files.writeString(home.resolve("files/later.txt"), "later");
            assertThatThrownBy(() -> run(home, "restore"))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("is running");
        }

        run(home, "restore");

        assertThat(text(home)).isEqualTo("before");
        assertThat(home.resolve("files/later.txt")).doesNotExist();
        assertThat(home.resolve("files/ab/한글 문서.txt")).exists();
    }

    @Test
    void anExternalDatabaseIsBackedUpAndRestoredByItsAddress() throws Exception {
        fill("elsewhere");
        try (EmbeddedPostgres external = EmbeddedPostgres.start(PostgresSettings.inHome(home))) {
            Map<String, String> environment = Map.of(
                    "CARAVAN_DB_URL",
                    external.jdbcUrl(),
                    "CARAVAN_DB_USER",
                    external.user(),
                    "CARAVAN_DB_PASSWORD",
                    external.password());
            Path client = Files.createDirectories(directory.resolve("client"));
            command(client, environment).run(List.of("backup", archive.toString()));
            execute(external, "UPDATE note SET text = 'changed'");
            command(client, environment).run(List.of("restore", archive.toString()));

            assertThat(text(external)).isEqualTo("elsewhere");
            assertThat(client.resolve("postgres/data")).doesNotExist();
        }
    }

    @Test
    void aChangedByteIsFoundBeforeAnythingIsTouched() throws Exception {
        fill("kept");
        run(home, "backup");
        rewrite(archive, BackupArchive.FILES + "ab/한글 문서.txt");

        assertThatThrownBy(() -> run(home, "restore"))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("nothing was restored");
        assertThat(text(home)).isEqualTo("kept");
        assertThat(Files.readString(home.resolve("files/ab/한글 문서.txt"))).isEqualTo("upload");
        assertOnly(home, "files", "postgres", "caravan.lock");
    }

    @Test
    void aDatabaseThatCannotBeRestoredLeavesTheFilesAsTheyWere() throws Exception {
        fill("kept");
        Path dump = Files.writeString(directory.resolve("no.dump"), "not a dump");
        Path uploads = Files.createDirectories(directory.resolve("uploads"));
        Files.writeString(uploads.resolve("other.txt"), "other");
        BackupArchive.write(archive, dump, uploads, Instant.EPOCH);

        assertThatThrownBy(() -> run(home, "restore")).hasMessageContaining("PostgreSQL could not");
        assertThat(text(home)).isEqualTo("kept");
        assertThat(home.resolve("files/other.txt")).doesNotExist();
        assertThat(Files.readString(home.resolve("files/ab/한글 문서.txt"))).isEqualTo("upload");
    }

    @Test
    void whatIsNoBackupIsRefused() throws Exception {
        Files.writeString(archive, "text");
        assertThatThrownBy(() -> run(home, "restore")).isInstanceOf(BackupException.class);

        writeZip(
                "evil",
                "{\"format\":1,\"created_at\":\"2026-01-01T00:00:00Z\",\"entries\":[{\"name\":"
                        + "\"files/../../evil\",\"bytes\":1,\"sha256\":\"" + "0".repeat(64) + "\"}]}");
        assertThatThrownBy(() -> run(home, "restore"))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("files/../../evil");
        assertThat(directory.resolve("evil")).doesNotExist();

        writeZip("x", "{\"format\":2}");
        assertThatThrownBy(() -> run(home, "restore"))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("format 2");
    }

    @Test
    void anEmptyHomeAndAMissingFolderAreNamed() throws Exception {
        assertThatThrownBy(() -> run(home, "backup"))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("nothing to back up");
        assertThatThrownBy(() -> command(home, Map.of()).run(List.of("backup", "/no/such/folder/file")))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("a folder that exists");
        assertThat(command(home, Map.of()).run(List.of("backup"))).isEqualTo(2);
    }

    private void fill(String text) throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(PostgresSettings.inHome(home))) {
            execute(postgres, "CREATE EXTENSION vector");
            execute(postgres, "CREATE TABLE note (text text, embedding halfvec(2))");
            execute(postgres, "INSERT INTO note VALUES ('" + text + "', '[1,2]')");
        }
        Files.createDirectories(home.resolve("files/ab"));
        Files.writeString(home.resolve("files/ab/한글 문서.txt"), "upload");
    }

    private void run(Path place, String verb) {
        assertThat(command(place, Map.of()).run(List.of(verb, archive.toString())))
                .isZero();
    }

    private BackupCommand command(Path place, Map<String, String> environment) {
        return new BackupCommand(
                place,
                environment,
                new PrintStream(output, true, StandardCharsets.UTF_8),
                Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));
    }

    private static String text(Path place) throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(PostgresSettings.inHome(place))) {
            return text(postgres);
        }
    }

    private static String text(EmbeddedPostgres postgres) throws Exception {
        try (Connection connection =
                        DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), postgres.password());
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT text FROM note")) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    private static void execute(EmbeddedPostgres postgres, String sql) throws Exception {
        try (Connection connection =
                        DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), postgres.password());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void assertOnly(Path place, String... names) throws IOException {
        try (var left = Files.list(place)) {
            assertThat(left.map(path -> path.getFileName().toString())).containsExactlyInAnyOrder(names);
        }
    }

    /** Packs the archive anew with one entry's bytes changed. */
    private static void rewrite(Path archive, String changed) throws IOException {
        Path copy = archive.resolveSibling("copy");
        try (java.util.zip.ZipFile zip = new java.util.zip.ZipFile(archive.toFile());
                ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(copy))) {
            for (ZipEntry entry : java.util.Collections.list(zip.entries())) {
                byte[] bytes = zip.getInputStream(entry).readAllBytes();
                if (entry.getName().equals(changed)) {
                    bytes[0] ^= 1;
                }
                out.putNextEntry(new ZipEntry(entry.getName()));
                out.write(bytes);
                out.closeEntry();
            }
        }
        Files.move(copy, archive, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    private void writeZip(String member, String manifest) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
            for (Map.Entry<String, String> entry :
                    Map.of(member, "x", BackupManifest.NAME, manifest).entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue().getBytes(StandardCharsets.UTF_8));
                zip.closeEntry();
            }
        }
    }
}
