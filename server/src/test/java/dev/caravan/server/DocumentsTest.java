package dev.caravan.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import dev.caravan.server.TestServer.Answer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Goal: from an upload to a passage that is found, and back to nothing. Method: over HTTP, on the real parts. */
final class DocumentsTest {

    private static final TestServer SERVER = TestServer.shared();

    @BeforeAll
    static void ready() {
        SERVER.awaitReady();
    }

    @Test
    void aKoreanDocumentIsUploadedIngestedFoundAndDeleted() {
        String store = SERVER.newVectorStore();
        String file = SERVER.ingest(store, "휴가 규정.md", SampleDocuments.LEAVE_RULES + "\n끝까지 지워지는 문서");

        JsonNode attached =
                SERVER.get("/v1/vector_stores/" + store + "/files/" + file).json();
        assertThat(attached.get("filename").stringValue()).isEqualTo("휴가 규정.md");
        assertThat(attached.get("progress").doubleValue()).isEqualTo(1);
        assertThat(attached.get("stage").isNull()).isTrue();

        JsonNode first = search(store, "연차 유급휴가는 며칠을 주나요?").get("data").get(0);
        String text = first.get("content").get(0).get("text").stringValue();
        assertThat(text).contains("15일");
        assertThat(first.get("file_id").stringValue()).isEqualTo(file);

        String hash = first.get("document_hash").stringValue();
        int start = first.get("document_start").intValue();
        int end = first.get("document_end").intValue();
        String window = "/api/documents/" + hash + "/text?start=" + start + "&end=" + end + "&context=100";
        JsonNode shown = SERVER.get(window).json();
        int offset = shown.get("offset").intValue();
        assertThat(shown.get("text").stringValue().substring(start - offset, end - offset))
                .isEqualTo(text);
        assertThat(shown.get("filename").stringValue()).isEqualTo("휴가 규정.md");

        assertThat(SERVER.delete("/v1/vector_stores/" + store + "/files/" + file)
                        .status())
                .isEqualTo(200);
        assertThat(SERVER.delete("/v1/files/" + file).status()).isEqualTo(200);
        assertThat(search(store, "연차 유급휴가는 며칠을 주나요?").get("data").isEmpty()).isTrue();
        Answer gone = SERVER.get(window);
        assertThat(gone.status()).isEqualTo(404);
        assertThat(gone.json().at("/error/code").stringValue()).isEqualTo("document_gone");
        assertThat(SERVER.get("/v1/files/" + file).status()).isEqualTo(404);
        assertThat(SERVER.get("/v1/files/" + file + "/content").status()).isEqualTo(404);
    }

    @Test
    void deletingTheFileAloneTakesItOutOfEveryStore() {
        String store = SERVER.newVectorStore();
        String file = SERVER.ingest(store, "보안.txt", SampleDocuments.SECURITY_RULES + "\n한 번만 쓰는 문서");

        SERVER.delete("/v1/files/" + file);

        assertThat(search(store, "비밀번호").get("data").isEmpty()).isTrue();
        assertThat(SERVER.get("/v1/vector_stores/" + store + "/files")
                        .json()
                        .get("data")
                        .isEmpty())
                .isTrue();
    }

    @Test
    void moreDocumentsThanConnectionsAreIngested() {
        String store = SERVER.newVectorStore();
        for (int i = 0; i < 15; i++) {
            SERVER.ingest(store, "문서 %d.txt".formatted(i), "낙타 %d번은 사막을 건넌다.".formatted(i));
        }

        assertThat(SERVER.get("/v1/vector_stores/" + store)
                        .json()
                        .at("/file_counts/completed")
                        .intValue())
                .isEqualTo(15);
        HikariPoolMXBean pool = SERVER.bean(HikariDataSource.class).getHikariPoolMXBean();
        assertThat(pool.getActiveConnections()).isLessThanOrEqualTo(2);
    }

    @Test
    void aStoreCountsItsFiles() {
        String store = SERVER.newVectorStore();
        SERVER.ingest(store, "규정.md", SampleDocuments.LEAVE_RULES);

        JsonNode found = SERVER.get("/v1/vector_stores/" + store).json();

        assertThat(found.at("/file_counts/completed").intValue()).isEqualTo(1);
        assertThat(found.at("/file_counts/total").intValue()).isEqualTo(1);
        assertThat(found.get("status").stringValue()).isEqualTo("completed");
        assertThat(found.get("usage_bytes").longValue())
                .isEqualTo(SampleDocuments.LEAVE_RULES.getBytes(StandardCharsets.UTF_8).length);
    }

    @Test
    void aBrokenDocumentFailsWithItsReasonAndCanBeRetried() {
        String store = SERVER.newVectorStore();
        byte[] broken = "%PDF-1.7\nthis is not a PDF".getBytes(StandardCharsets.UTF_8);
        String file = SERVER.upload("보고서.pdf", broken).json().get("id").stringValue();
        SERVER.post("/v1/vector_stores/" + store + "/files", "{\"file_id\":\"" + file + "\"}");

        JsonNode failed = SERVER.awaitFile(store, file);

        assertThat(failed.get("status").stringValue()).isEqualTo("failed");
        assertThat(failed.at("/last_error/code").stringValue()).isEqualTo("broken");
        assertThat(failed.at("/last_error/message").stringValue()).isNotBlank();

        String retry = "/api/vector_stores/" + store + "/files/" + file + "/retry";
        assertThat(SERVER.post(retry, "{}").json().get("status").stringValue()).isEqualTo("in_progress");
        assertThat(SERVER.awaitFile(store, file).get("status").stringValue()).isEqualTo("failed");
    }

    @Test
    void aCompletedFileCannotBeRetried() {
        String store = SERVER.newVectorStore();
        String file = SERVER.ingest(store, "규정.md", SampleDocuments.LEAVE_RULES);

        Answer retry = SERVER.post("/api/vector_stores/" + store + "/files/" + file + "/retry", "{}");

        assertThat(retry.status()).isEqualTo(409);
    }

    @Test
    void anUploadIsServedOnlyAsADownload() {
        byte[] page = "<script>alert(1)</script>".getBytes(StandardCharsets.UTF_8);
        String file = SERVER.upload("../../etc/페이지.html", page).json().get("id").stringValue();

        Answer content = SERVER.get("/v1/files/" + file + "/content");

        assertThat(content.response().body()).isEqualTo("<script>alert(1)</script>");
        assertThat(content.header("Content-Type")).isEqualTo("application/octet-stream");
        assertThat(content.header("Content-Disposition"))
                .startsWith("attachment")
                .doesNotContain("etc");
        assertThat(content.header("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(SERVER.get("/v1/files/" + file).json().get("filename").stringValue())
                .isEqualTo("페이지.html");
    }

    @Test
    void pagesOfFilesFollowEachOther() {
        String store = SERVER.newVectorStore();
        for (int i = 0; i < 3; i++) {
            String file = SERVER.upload("쪽%d.txt".formatted(i), ("쪽 " + i).getBytes(StandardCharsets.UTF_8))
                    .json()
                    .get("id")
                    .stringValue();
            SERVER.post("/v1/vector_stores/" + store + "/files", "{\"file_id\":\"" + file + "\"}");
        }
        String files = "/v1/vector_stores/" + store + "/files?order=asc&limit=2";

        JsonNode first = SERVER.get(files).json();
        JsonNode second = SERVER.get(files + "&after=" + first.get("last_id").stringValue())
                .json();

        assertThat(first.get("data").size()).isEqualTo(2);
        assertThat(first.get("has_more").booleanValue()).isTrue();
        assertThat(second.get("data").size()).isEqualTo(1);
        assertThat(second.get("has_more").booleanValue()).isFalse();
        assertThat(second.get("data").get(0).get("filename").stringValue()).isEqualTo("쪽2.txt");
    }

    @Test
    void embeddingsAreTheSameInBothEncodings() {
        String model =
                SERVER.get("/api/system").json().at("/embedding_model/id").stringValue();
        String request = "{\"model\":\"%s\",\"input\":[\"연차\",\"휴가\"],\"encoding_format\":\"%s\"}";

        JsonNode numbers =
                SERVER.post("/v1/embeddings", request.formatted(model, "float")).json();
        JsonNode bytes = SERVER.post("/v1/embeddings", request.formatted(model, "base64"))
                .json();

        assertThat(numbers.get("data").size()).isEqualTo(2);
        assertThat(numbers.at("/data/0/embedding").size()).isEqualTo(384);
        assertThat(numbers.at("/usage/total_tokens").intValue()).isPositive();
        byte[] decoded =
                Base64.getDecoder().decode(bytes.at("/data/0/embedding").stringValue());
        float first = ByteBuffer.wrap(decoded).order(ByteOrder.LITTLE_ENDIAN).getFloat();
        assertThat(first).isEqualTo(numbers.at("/data/0/embedding/0").floatValue());
    }

    private static JsonNode search(String store, String query) {
        return SERVER.post("/v1/vector_stores/" + store + "/search", "{\"query\":\"" + query + "\"}")
                .json();
    }
}
