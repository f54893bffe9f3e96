package dev.caravan.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.server.TestServer.Answer;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: every mistake gets OpenAI's envelope with the right status, code and param. Method: one request per mistake. */
final class ErrorEnvelopeTest {

    private static final TestServer SERVER = TestServer.shared();
    private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"안녕\"}]";

    @BeforeAll
    static void ready() {
        SERVER.awaitReady();
    }

    private static void assertError(Answer answer, int status, String code, String param) {
        String body = answer.response().body();
        assertThat(answer.status()).as(body).isEqualTo(status);
        assertThat(answer.header("Content-Type")).startsWith("application/json");
        assertThat(answer.json().at("/error/code").stringValue()).as(body).isEqualTo(code);
        assertThat(answer.json().at("/error/param").stringValue("")).as(body).isEqualTo(param);
        assertThat(answer.json().at("/error/message").stringValue()).isNotBlank();
        assertThat(answer.json().at("/error/type").stringValue())
                .isEqualTo(status >= 500 ? "server_error" : "invalid_request_error");
    }

    static Stream<Arguments> chatMistakes() {
        return Stream.of(
                mistake("not json", 400, "invalid_json", ""),
                mistake("[1]", 400, "invalid_json", ""),
                mistake("{\"model\":\"default\"", 400, "invalid_json", ""),
                mistake("", 400, "invalid_json", ""),
                mistake("{" + MESSAGES + "}", 400, "missing_required_parameter", "model"),
                mistake("{\"model\":\"default\"}", 400, "missing_required_parameter", "messages"),
                mistake("{\"model\":\"default\",\"messages\":[]}", 400, "missing_required_parameter", "messages"),
                mistake("{\"model\":7," + MESSAGES + "}", 400, "invalid_value", "model"),
                mistake("{\"model\":\"gpt-9\"," + MESSAGES + "}", 404, "model_not_found", "model"),
                message("{\"role\":\"user\"}", "missing_required_parameter", "messages[0].content"),
                message("{\"role\":\"robot\",\"content\":\"a\"}", "invalid_value", "messages[0].role"),
                message("{\"role\":\"user\",\"content\":\" \"}", "invalid_value", "messages[0].content"),
                message("{\"role\":\"user\",\"content\":\"a\\u0000b\"}", "invalid_value", "messages[0].content"),
                message("{\"role\":\"user\",\"content\":\"\\ud800\"}", "invalid_value", "messages[0].content"),
                message(
                        "{\"role\":\"tool\",\"tool_call_id\":\"x\",\"content\":\"a\"}",
                        "unsupported_parameter",
                        "messages[0].role"),
                message(
                        "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"x\"}}]}",
                        "unsupported_parameter",
                        "messages[0].content[0].type"));
    }

    private static Arguments mistake(String body, int status, String code, String param) {
        return Arguments.of(body, status, code, param);
    }

    private static Arguments message(String message, String code, String param) {
        return Arguments.of("{\"model\":\"default\",\"messages\":[" + message + "]}", 400, code, param);
    }

    @ParameterizedTest
    @MethodSource("chatMistakes")
    void aWrongChatRequestIsAnsweredByName(String body, int status, String code, String param) {
        assertError(SERVER.post("/v1/chat/completions", body), status, code, param);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "temperature|2.1", "temperature|\"warm\"", "top_p|-1", "max_tokens|0", "max_tokens|1.5", "top_k|-1",
                "min_p|1", "repetition_penalty|0", "seed|\"x\"", "stop|[1]", "stop|[\"\"]", "stream|\"yes\"",
                "stream_options|{\"include_usage\":true}", "conversation|\"conv_x\"", "file_search|[]"
            })
    void aWrongValueIsAnsweredByName(String name, String value) {
        assertError(
                SERVER.post(
                        "/v1/chat/completions",
                        "{\"model\":\"default\"," + MESSAGES + ",\"" + name + "\":" + value + "}"),
                400,
                "invalid_value",
                name);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tools|[{\"type\":\"function\"}]",
                "tool_choice|\"required\"",
                "response_format|{\"type\":\"json_object\"}",
                "response_format|{\"type\":\"json_schema\",\"json_schema\":{}}",
                "n|2",
                "logprobs|true",
                "top_logprobs|3",
                "audio|{\"voice\":\"x\"}",
                "modalities|[\"text\",\"audio\"]",
                "logit_bias|{\"5\":1}",
                "presence_penalty|0.5",
                "frequency_penalty|1",
                "functions|[{}]",
                "store|true"
            })
    void anUnsupportedParameterIsRefusedByName(String name, String value) {
        assertError(
                SERVER.post(
                        "/v1/chat/completions",
                        "{\"model\":\"default\"," + MESSAGES + ",\"" + name + "\":" + value + "}"),
                400,
                "unsupported_parameter",
                name);
    }

    @Test
    void aValueThatAsksForNothingAndAnUnknownFieldPass() {
        Answer answer = SERVER.post(
                "/v1/chat/completions",
                "{\"model\":\"default\",\"max_tokens\":1," + MESSAGES
                        + ",\"tools\":[],\"n\":1,\"logprobs\":false,\"response_format\":{\"type\":\"text\"},"
                        + "\"presence_penalty\":0,\"user\":\"me\",\"something_new\":{\"a\":1}}");

        assertThat(answer.status()).as(answer.response().body()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anOverflowOfTheContextIsNamed(boolean isStreamed) {
        String longText = "낙타는 사막을 건넌다. ".repeat(4000);

        Answer answer = SERVER.post(
                "/v1/chat/completions",
                "{\"model\":\"default\",\"stream\":" + isStreamed + ",\"messages\":[{\"role\":\"user\",\"content\":\""
                        + longText + "\"}]}");

        assertError(answer, 400, "context_length_exceeded", "messages");
    }

    @Test
    void whatIsNotThereIsNamed() {
        assertError(SERVER.get("/v1/nothing"), 404, "unknown_url", "");
        assertError(SERVER.get("/v1/files/file-none"), 404, "not_found", "file_id");
        assertError(SERVER.get("/v1/vector_stores/vs_none"), 404, "not_found", "vector_store_id");
        assertError(SERVER.get("/v1/models/none"), 404, "model_not_found", "model");
        assertError(SERVER.get("/api/conversations/conv_none"), 404, "not_found", "id");
        assertError(SERVER.delete("/v1/files/file-none"), 404, "not_found", "file_id");
        assertError(
                SERVER.post("/v1/vector_stores/vs_none/search", "{\"query\":\"a\"}"),
                404,
                "not_found",
                "vector_store_id");
        assertError(
                SERVER.post(
                        "/v1/chat/completions",
                        "{\"model\":\"default\"," + MESSAGES
                                + ",\"file_search\":{\"vector_store_ids\":[\"vs_none\"]}}"),
                404,
                "not_found",
                "file_search.vector_store_ids");
        assertError(
                SERVER.post(
                        "/v1/chat/completions",
                        "{\"model\":\"default\"," + MESSAGES + ",\"conversation\":{\"id\":\"conv_none\"}}"),
                404,
                "not_found",
                "conversation.id");
    }

    @Test
    void uploadsAreChecked() {
        assertError(SERVER.upload("빈 파일.txt", new byte[0]), 400, "empty_file", "file");
        assertError(
                SERVER.send(
                        HttpRequest.newBuilder(SERVER.uri("/v1/files"))
                                .header("Content-Type", "multipart/form-data; boundary=x")
                                .POST(
                                        BodyPublishers.ofString(
                                                "--x\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nassistants\r\n--x--\r\n"))),
                400,
                "missing_required_parameter",
                "file");
        assertError(
                SERVER.send(HttpRequest.newBuilder(SERVER.uri("/v1/files"))
                        .header("Content-Type", "multipart/form-data; boundary=x")
                        .POST(BodyPublishers.ofString("--x\r\nContent-Disp"))),
                400,
                "invalid_value",
                "file");
    }

    @Test
    void aTooLargeUploadIsRefused() {
        long limit = SERVER.get("/api/system").json().get("max_upload_bytes").longValue();

        assertError(SERVER.upload("큰 파일.txt", new byte[(int) limit + 1]), 413, "file_too_large", "file");
    }

    @Test
    void aTooLargeBodyIsRefusedWhetherOrNotItSaysItsLength() {
        byte[] large = ("{\"name\":\"" + "a".repeat(9 << 20) + "\"}").getBytes(StandardCharsets.UTF_8);

        assertError(
                SERVER.send(HttpRequest.newBuilder(SERVER.uri("/v1/vector_stores"))
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofByteArray(large))),
                413,
                "request_too_large",
                "");
        assertError(
                SERVER.send(HttpRequest.newBuilder(SERVER.uri("/v1/vector_stores"))
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.fromPublisher(BodyPublishers.ofByteArray(large)))),
                413,
                "request_too_large",
                "");
    }

    @Test
    void embeddingsAreChecked() {
        String model =
                SERVER.get("/api/system").json().at("/embedding_model/id").stringValue();
        String start = "{\"model\":\"" + model + "\",";
        assertError(SERVER.post("/v1/embeddings", start + "\"input\":[1,2]}"), 400, "invalid_value", "input");
        assertError(SERVER.post("/v1/embeddings", start + "\"input\":[[1]]}"), 400, "invalid_value", "input");
        assertError(SERVER.post("/v1/embeddings", start + "\"input\":\"\"}"), 400, "invalid_value", "input");
        assertError(SERVER.post("/v1/embeddings", start + "\"x\":1}"), 400, "missing_required_parameter", "input");
        assertError(
                SERVER.post("/v1/embeddings", start + "\"input\":\"a\",\"dimensions\":2}"),
                400,
                "unsupported_parameter",
                "dimensions");
        assertError(
                SERVER.post("/v1/embeddings", start + "\"input\":\"" + "낙타 ".repeat(2000) + "\"}"),
                400,
                "context_length_exceeded",
                "input");
        assertError(
                SERVER.post("/v1/embeddings", "{\"model\":\"none\",\"input\":\"a\"}"), 404, "model_not_found", "model");
    }

    @Test
    void listsCheckTheirParameters() {
        assertError(SERVER.get("/v1/vector_stores?limit=0"), 400, "invalid_value", "limit");
        assertError(SERVER.get("/v1/vector_stores?limit=x"), 400, "invalid_value", "limit");
        assertError(SERVER.get("/v1/vector_stores?order=up"), 400, "invalid_value", "order");
    }

    @Test
    void anotherMethodIsNamed() {
        assertError(SERVER.delete("/v1/models"), 405, "method_not_allowed", "");
    }
}
