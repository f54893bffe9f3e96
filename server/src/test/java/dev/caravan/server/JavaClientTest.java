package dev.caravan.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.NotFoundException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import com.openai.models.vectorstores.VectorStore;
import com.openai.models.vectorstores.VectorStoreCreateParams;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Goal: OpenAI's own Java client works unchanged. Method: its calls, with its own validation of what comes back. */
final class JavaClientTest {

    private static final TestServer SERVER = TestServer.shared();

    private static final OpenAIClient CLIENT = OpenAIOkHttpClient.builder()
            .baseUrl(SERVER.uri("/v1").toString())
            .apiKey("none")
            .maxRetries(0)
            .build();

    @BeforeAll
    static void ready() {
        SERVER.awaitReady();
    }

    @AfterAll
    static void close() {
        CLIENT.close();
    }

    private static ChatCompletionCreateParams question() {
        return ChatCompletionCreateParams.builder()
                .model("default")
                .addUserMessage("1, 2, 3, 4,")
                .temperature(0.0)
                .maxCompletionTokens(16)
                .build();
    }

    @Test
    void listsTheModels() {
        List<Model> models = CLIENT.models().list().data();

        assertThat(models).hasSize(2);
        models.forEach(Model::validate);
    }

    @Test
    void answersPlainAndStreamedAlike() {
        ChatCompletion plain = CLIENT.chat().completions().create(question());
        String streamed;
        try (StreamResponse<ChatCompletionChunk> chunks =
                CLIENT.chat().completions().createStreaming(question())) {
            streamed = chunks.stream()
                    .peek(ChatCompletionChunk::validate)
                    .flatMap(chunk -> chunk.choices().stream())
                    .flatMap(choice -> choice.delta().content().stream())
                    .collect(Collectors.joining());
        }

        plain.validate();
        assertThat(plain.choices().getFirst().message().content()).contains(streamed);
        assertThat(plain.usage().orElseThrow().completionTokens()).isBetween(1L, 16L);
    }

    @Test
    void makesVectorStoresAndEmbeddings() {
        VectorStore store = CLIENT.vectorStores()
                .create(VectorStoreCreateParams.builder().name("자바").build());
        store.validate();
        assertThat(CLIENT.vectorStores().retrieve(store.id()).name()).isEqualTo("자바");

        CreateEmbeddingResponse vectors = CLIENT.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model(SERVER.get("/api/system")
                                .json()
                                .at("/embedding_model/id")
                                .stringValue())
                        .input("낙타")
                        .build());
        vectors.validate();
        assertThat(vectors.data().getFirst().embedding()).hasSize(384);
    }

    @Test
    void anUnknownModelIsItsNotFoundException() {
        assertThatThrownBy(() -> CLIENT.chat()
                        .completions()
                        .create(question().toBuilder().model("gpt-9").build()))
                .isInstanceOf(NotFoundException.class)
                .hasMessageContaining("gpt-9");
    }
}
