package dev.caravan.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.server.TestServer.Answer;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Goal: answers from documents name their passages, and every citation can be opened. Method: over HTTP, on the real parts. */
final class ChatFromDocumentsTest {

    private static final TestServer SERVER = TestServer.shared();

    private static String store = "";

    @BeforeAll
    static void documents() {
        SERVER.awaitReady();
        store = SERVER.newVectorStore();
        SERVER.ingest(store, "휴가 규정.md", SampleDocuments.LEAVE_RULES);
        SERVER.ingest(store, "보안 지침.txt", SampleDocuments.SECURITY_RULES);
    }

    private static ObjectNode request(String question) {
        ObjectNode request = TestServer.JSON.createObjectNode();
        request.put("model", "default").put("temperature", 0).put("max_tokens", 48);
        request.putArray("messages").addObject().put("role", "user").put("content", question);
        return request;
    }

    private static ObjectNode withDocuments(ObjectNode request) {
        request.putObject("file_search")
                .put("max_num_results", 3)
                .putArray("vector_store_ids")
                .add(store);
        return request;
    }

    private static Answer post(ObjectNode request) {
        return SERVER.post("/v1/chat/completions", request.toString());
    }

    private static List<String> events(Answer answer) {
        return answer.response()
                .body()
                .lines()
                .filter(line -> line.startsWith("data: "))
                .map(line -> line.substring("data: ".length()))
                .toList();
    }

    @Test
    void anAnswerFromDocumentsCitesThem() {
        JsonNode message =
                post(withDocuments(request("연차 유급휴가는 며칠을 주나요?"))).json().at("/choices/0/message");

        assertThat(message.get("sources").size()).as(message.toString()).isPositive();
        assertThat(message.at("/sources/0/text").stringValue()).contains("15일");
        String content = message.get("content").stringValue();
        for (JsonNode annotation : message.get("annotations")) {
            assertThat(annotation.get("type").stringValue()).isEqualTo("file_citation");
            String quote = annotation.get("quote").stringValue();
            int start = annotation.get("document_start").intValue();
            int end = annotation.get("document_end").intValue();
            JsonNode window = SERVER.get("/api/documents/%s/text?start=%d&end=%d&context=0"
                            .formatted(annotation.get("document_hash").stringValue(), start, end))
                    .json();
            int offset = window.get("offset").intValue();
            assertThat(window.get("text").stringValue().substring(start - offset, end - offset))
                    .isEqualTo(quote);
            assertThat(annotation.get("end_index").intValue())
                    .isGreaterThan(annotation.get("start_index").intValue())
                    .isLessThanOrEqualTo(content.codePointCount(0, content.length()));
        }
    }

    @Test
    void aStreamedAnswerFromDocumentsEndsWithItsSources() {
        List<String> events =
                events(post(withDocuments(request("비밀번호는 언제 바꾸나요?")).put("stream", true)));

        JsonNode last = TestServer.JSON.readTree(events.get(events.size() - 2));
        assertThat(last.at("/choices/0/finish_reason").stringValue()).isIn("stop", "length");
        assertThat(last.at("/choices/0/delta/sources").size()).isPositive();
        assertThat(last.at("/choices/0/delta/annotations").isArray()).isTrue();
    }

    @Test
    void aStoredAnswerKeepsItsSourcesAndCitations() {
        String id = SERVER.post("/api/conversations", "{}").json().get("id").stringValue();
        ObjectNode request = withDocuments(request("노트북을 잃어버리면 어디에 알려야 하나요?"));
        request.putObject("conversation").put("id", id);

        JsonNode message = post(request).json().at("/choices/0/message");

        JsonNode version = SERVER.get("/api/conversations/" + id).json().at("/messages/1/versions/0");
        assertThat(version.get("sources").size()).isPositive();
        assertThat(version.get("sources")).isEqualTo(message.get("sources"));
        assertThat(version.get("annotations")).isEqualTo(message.get("annotations"));
    }
}
