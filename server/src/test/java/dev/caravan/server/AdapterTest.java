package dev.caravan.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.lora.LoraFiles;
import dev.caravan.engine.lora.LoraModule;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Decoders;
import dev.caravan.server.TestServer.Answer;
import dev.caravan.testkit.TestModels;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Goal: a server answers with the adapter that it was started with. Method: over HTTP, on the real model. */
final class AdapterTest {

    /** An adapter of Gemma 3 270M as if it was trained. */
    private static Path write(Path folder, String baseHash) {
        try (Checkpoint checkpoint = GgufCheckpoint.open(TestModels.gemma3())) {
            Decoder decoder = Decoders.load(checkpoint);
            LoraAdapter adapter = LoraAdapter.initial(LoraConfig.of(2, 4), decoder, 7);
            SplittableRandom random = new SplittableRandom(7);
            for (LoraModule module : adapter.modules()) {
                for (int i = 0; i < module.b().length; i++) {
                    module.b()[i] = (float) random.nextDouble(-0.2, 0.2);
                }
            }
            LoraFiles.write(folder, adapter.withBaseHash(baseHash), decoder);
            return folder;
        }
    }

    private static JsonNode ask(TestServer server, String model) {
        ObjectNode request = TestServer.JSON.createObjectNode();
        request.put("model", model).put("temperature", 0).put("max_tokens", 16);
        request.putArray("messages").addObject().put("role", "user").put("content", "1, 2, 3, 4,");
        Answer answer = server.post("/v1/chat/completions", request.toString());
        assertThat(answer.status()).as(answer.response().body()).isEqualTo(200);
        return answer.json();
    }

    private static String content(JsonNode completion) {
        return completion.at("/choices/0/message/content").stringValue();
    }

    @Test
    void theDefaultModelAnswersWithTheAdapterAndTheBaseIsStillThere(@TempDir Path folder) {
        Path adapter = write(folder.resolve("말투 1"), "");
        try (TestServer server = TestServer.start(TestServer.temporaryHome(), "--caravan.adapter=" + adapter)) {
            server.awaitReady();
            String tuned = server.get("/api/system").json().at("/model/id").stringValue();
            assertThat(tuned).matches("ft:[^:]+:말투-1:[0-9a-f]{8}");
            String base = tuned.split(":", -1)[1];
            assertThat(server.get("/v1/models").json().findValuesAsString("id")).contains(tuned, base);

            JsonNode answer = ask(server, "default");
            assertThat(answer.get("model").stringValue()).isEqualTo(tuned);
            assertThat(content(ask(server, tuned))).isEqualTo(content(answer));
            JsonNode plain = ask(server, base);
            assertThat(plain.get("model").stringValue()).isEqualTo(base);
            assertThat(content(plain)).isNotEqualTo(content(answer)).contains("5");
        }
    }

    @Test
    void anAdapterThatCannotBeServedIsExplained(@TempDir Path folder) {
        String reason =
                "the adapter foreign is of another base: it was trained on weights with the SHA-256 abababababab...";
        for (List<Object> wrong : List.of(
                List.<Object>of(write(folder.resolve("foreign"), "ab".repeat(32)), reason),
                List.<Object>of(folder.resolve("missing"), "missing: there is no such file or folder"))) {
            try (TestServer server =
                    TestServer.start(TestServer.temporaryHome(), "--caravan.adapter=" + wrong.getFirst())) {
                JsonNode system = server.await(
                                "/api/system",
                                answer -> !answer.json()
                                        .at("/model/status")
                                        .stringValue()
                                        .equals("loading"))
                        .json();
                assertThat(system.at("/model/status").stringValue()).isEqualTo("failed");
                assertThat(system.at("/model/message").stringValue()).startsWith((String) wrong.getLast());
                assertThat(server.get("/actuator/health/readiness").status()).isEqualTo(503);
            }
        }
    }
}
