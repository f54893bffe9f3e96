package dev.caravan.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.server.TestServer.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Goal: answers, plain and streamed, stored and stopped. Method: over HTTP, on the real model. */
final class ChatTest {

    private static final TestServer SERVER = TestServer.shared();

    @BeforeAll
    static void ready() {
        SERVER.awaitReady();
    }

    private static ObjectNode request(String question) {
        ObjectNode request = TestServer.JSON.createObjectNode();
        request.put("model", "default").put("temperature", 0).put("max_tokens", 24);
        request.putArray("messages").addObject().put("role", "user").put("content", question);
        return request;
    }

    private static Answer post(ObjectNode request) {
        return SERVER.post("/v1/chat/completions", request.toString());
    }

    /** The data of a stream's events. */
    private static List<String> events(Answer answer) {
        return answer.response()
                .body()
                .lines()
                .filter(line -> line.startsWith("data: "))
                .map(line -> line.substring("data: ".length()))
                .toList();
    }

    @Test
    void aPlainAnswerHasOpenAisShape() {
        Answer answer = post(request("1, 2, 3, 4,"));

        JsonNode json = answer.json();
        assertThat(answer.status()).as(json.toString()).isEqualTo(200);
        assertThat(json.get("id").stringValue()).startsWith("chatcmpl-");
        assertThat(json.get("object").stringValue()).isEqualTo("chat.completion");
        assertThat(json.at("/choices/0/message/role").stringValue()).isEqualTo("assistant");
        assertThat(json.at("/choices/0/message/content").stringValue()).isNotBlank();
        assertThat(json.at("/choices/0/finish_reason").stringValue()).isIn("stop", "length");
        int prompt = json.at("/usage/prompt_tokens").intValue();
        int completion = json.at("/usage/completion_tokens").intValue();
        assertThat(prompt).isPositive();
        assertThat(completion).isBetween(1, 24);
        assertThat(json.at("/usage/total_tokens").intValue()).isEqualTo(prompt + completion);
        assertThat(json.at("/choices/0/message").has("sources")).isFalse();
    }

    @Test
    void aStreamedAnswerIsThePlainOneInPieces() {
        String plain = post(request("1, 2, 3, 4,"))
                .json()
                .at("/choices/0/message/content")
                .stringValue();
        ObjectNode request = request("1, 2, 3, 4,").put("stream", true);
        request.putObject("stream_options").put("include_usage", true);

        Answer answer = post(request);

        assertThat(answer.header("Content-Type")).startsWith("text/event-stream");
        List<String> events = events(answer);
        assertThat(events.getLast()).isEqualTo("[DONE]");
        List<JsonNode> chunks = new ArrayList<>();
        events.subList(0, events.size() - 1).forEach(event -> chunks.add(TestServer.JSON.readTree(event)));
        assertThat(chunks.getFirst().at("/choices/0/delta/role").stringValue()).isEqualTo("assistant");
        StringBuilder text = new StringBuilder();
        for (JsonNode chunk : chunks) {
            text.append(chunk.at("/choices/0/delta/content").stringValue(""));
            assertThat(chunk.get("id")).isEqualTo(chunks.getFirst().get("id"));
        }
        assertThat(text.toString()).isEqualTo(plain);
        JsonNode end = chunks.get(chunks.size() - 2);
        assertThat(end.at("/choices/0/finish_reason").stringValue()).isIn("stop", "length");
        JsonNode usage = chunks.getLast();
        assertThat(usage.get("choices").isEmpty()).isTrue();
        assertThat(usage.at("/usage/completion_tokens").intValue()).isPositive();
    }

    @Test
    void aConversationKeepsQuestionsAnswersAndVersions() {
        String id = SERVER.post("/api/conversations", "{}").json().get("id").stringValue();
        ObjectNode request = request("노트북을 잃어버리면 어디에 알려야 하나요?");
        request.putObject("conversation").put("id", id);

        JsonNode message = post(request).json().at("/choices/0/message");
        String messageId = message.get("message_id").stringValue();
        ObjectNode again = request("무시된다");
        again.putArray("messages");
        again.putObject("conversation").put("id", id).put("regenerate_message_id", messageId);
        assertThat(post(again).json().at("/choices/0/message/message_id").stringValue())
                .isEqualTo(messageId);

        JsonNode conversation = SERVER.get("/api/conversations/" + id).json();
        assertThat(conversation.get("title").stringValue()).isEqualTo("노트북을 잃어버리면 어디에 알려야 하나요?");
        assertThat(conversation.get("messages").size()).isEqualTo(2);
        JsonNode versions = conversation.at("/messages/1/versions");
        assertThat(versions.size()).isEqualTo(2);
        assertThat(versions.get(0).get("status").stringValue()).isEqualTo("completed");
        assertThat(versions.get(0).get("content")).isEqualTo(message.get("content"));
        assertThat(versions.get(0).get("annotations")).isEqualTo(message.get("annotations"));
        assertThat(SERVER.get("/api/conversations").json().at("/data/0/id").stringValue())
                .isEqualTo(id);

        assertThat(SERVER.patch("/api/conversations/" + id, "{\"title\":\"분실 신고\"}")
                        .json()
                        .get("title")
                        .stringValue())
                .isEqualTo("분실 신고");
        assertThat(SERVER.delete("/api/conversations/" + id).status()).isEqualTo(200);
        assertThat(SERVER.get("/api/conversations/" + id).status()).isEqualTo(404);
    }

    @Test
    void aClientThatLeavesStopsTheEngineAndKeepsThePart() throws IOException {
        String id = SERVER.post("/api/conversations", "{}").json().get("id").stringValue();
        ObjectNode request = request("1, 2, 3, 4, 5,").put("stream", true).put("max_tokens", 3000);
        request.putObject("conversation").put("id", id);
        byte[] body = request.toString().getBytes(StandardCharsets.UTF_8);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), SERVER.port())) {
            socket.getOutputStream()
                    .write(
                            ("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                            + "Content-Length: " + body.length + "\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().write(body);
            readUntil(socket.getInputStream(), "\"content\":\"", 3);
        }

        JsonNode version = SERVER.await(
                        "/api/conversations/" + id,
                        answer -> !answer.json()
                                .at("/messages/1/versions/0/status")
                                .stringValue()
                                .equals("streaming"))
                .json()
                .at("/messages/1/versions/0");

        assertThat(version.get("status").stringValue()).isEqualTo("stopped");
        assertThat(version.get("content").stringValue()).isNotEmpty().hasSizeLessThan(1000);
    }

    /** Reads until a text has come a number of times. */
    private static void readUntil(InputStream stream, String text, int times) throws IOException {
        StringBuilder read = new StringBuilder();
        int found = 0;
        while (found < times) {
            int value = stream.read();
            if (value < 0) {
                throw new AssertionError("the stream ended: " + read);
            }
            read.append((char) value);
            if (read.toString().endsWith(text)) {
                found++;
            }
        }
    }

    @Test
    void theSameSeedGivesTheSameAnswer() {
        ObjectNode request = request("옛날 옛적에").put("temperature", 1).put("seed", 7);

        assertThat(post(request).json().at("/choices/0/message/content"))
                .isEqualTo(post(request).json().at("/choices/0/message/content"));
    }

    @Test
    void aStopTextEndsTheAnswerAndIsNotPartOfIt() {
        String whole = post(request("1, 2, 3, 4,"))
                .json()
                .at("/choices/0/message/content")
                .stringValue();
        String stop = whole.substring(whole.length() / 2, whole.length() / 2 + 1);

        JsonNode json = post(request("1, 2, 3, 4,").put("stop", stop)).json();

        assertThat(json.at("/choices/0/message/content").stringValue()).doesNotContain(stop);
        assertThat(json.at("/choices/0/finish_reason").stringValue()).isEqualTo("stop");
    }
}
