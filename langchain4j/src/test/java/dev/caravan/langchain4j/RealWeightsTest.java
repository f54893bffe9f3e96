package dev.caravan.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.AdapterClosedException;
import dev.caravan.engine.ContextOverflowException;
import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.LanguageModels;
import dev.caravan.engine.LoadOptions;
import dev.caravan.engine.TextEncoder;
import dev.caravan.engine.TextEncoders;
import dev.caravan.engine.generate.AdapterChoice;
import dev.caravan.engine.generate.ServedAdapter;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.lora.LoraModule;
import dev.caravan.testkit.TestModels;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.store.embedding.CosineSimilarity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** LangChain4j's interfaces on Gemma 3 270M and multilingual-e5-small. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RealWeightsTest {

    private static final int CONTEXT_TOKENS = 256;
    private static final int ANSWER_TOKENS = 12;
    private static final CaravanChatOptions GREEDY = CaravanChatOptions.of(CaravanChatRequestParameters.builder()
            .temperature(0.0)
            .maxOutputTokens(ANSWER_TOKENS)
            .build());
    private static final String QUESTION = "The capital of South Korea is";

    private LanguageModel gemma;

    @BeforeAll
    void load() {
        LoadOptions defaults = LoadOptions.defaults();
        gemma = LanguageModels.load(
                TestModels.gemma3(), new LoadOptions(defaults.threads(), CONTEXT_TOKENS, defaults.memoryBudgetBytes()));
    }

    @AfterAll
    void close() {
        gemma.close();
    }

    @Test
    void streamsExactlyTheAnswerThatChatGives() {
        ChatResponse whole = new CaravanChatModel(gemma, GREEDY).chat(UserMessage.from(QUESTION));
        Answer streamed = new Answer();
        new CaravanStreamingChatModel(gemma, GREEDY, Runnable::run).chat(QUESTION, streamed);

        assertThat(whole.aiMessage().text()).isNotBlank();
        assertThat(streamed.text.toString())
                .isEqualTo(whole.aiMessage().text())
                .isEqualTo(streamed.response().aiMessage().text());
        assertThat(whole.modelName()).isEqualTo("gemma3");
    }

    @Test
    void countsTheTokensAndFindsTheRepeatedPromptInTheCache() {
        CaravanChatModel model = new CaravanChatModel(gemma, GREEDY);
        CaravanTokenUsage first = usage(model.chat(UserMessage.from(QUESTION)));
        CaravanTokenUsage second = usage(model.chat(UserMessage.from(QUESTION)));

        assertThat(first.inputTokenCount()).isGreaterThan(5);
        assertThat(first.outputTokenCount()).isBetween(1, ANSWER_TOKENS);
        assertThat(second.cachedInputTokenCount()).isBetween(1, first.inputTokenCount());
    }

    @Test
    void anAnswerKeepsToTheWordsOfItsPassages() {
        String passage = "도서관은 매주 월요일에 쉰다.";
        CaravanChatRequestParameters grounded = CaravanChatRequestParameters.builder()
                .grounding(new Grounding(List.of(passage), List.of(), 1))
                .build();
        ChatResponse answer = new CaravanChatModel(gemma, GREEDY)
                .chat(ChatRequest.builder()
                        .messages(SystemMessage.from("자료:\n" + passage), UserMessage.from("도서관은 언제 쉬나요?"))
                        .parameters(grounded)
                        .build());

        assertThat(answer.aiMessage().text()).isNotBlank().matches("[도서관은 매주 월요일에 쉰다.\n]+");
    }

    @Test
    void answersWithAnAdapterThatOptionsOrARequestName() {
        String plain = new CaravanChatModel(gemma, GREEDY).chat(QUESTION);
        float[] a = new float[640];
        float[] b = new float[1024];
        Arrays.fill(a, 0.2f);
        Arrays.fill(b, 0, 512, 1);
        LoraModule module = new LoraModule("model.layers.0.self_attn.q_proj", 640, 1024, 1, 1, a, b);
        CaravanChatRequestParameters with;
        try (ServedAdapter adapter = gemma.serve("loud", new LoraAdapter(LoraConfig.of(1, 1), List.of(module), ""))) {
            with = CaravanChatRequestParameters.builder()
                    .overrideWith(GREEDY.parameters())
                    .adapter(new AdapterChoice(adapter, 1))
                    .build();
            CaravanChatModel adapted = new CaravanChatModel(gemma, CaravanChatOptions.of(with));
            String changed = adapted.chat(QUESTION);
            assertThat(changed).isNotEqualTo(plain);
            assertThat(ask(new CaravanChatModel(gemma, GREEDY), with)).isEqualTo(changed);
            CaravanChatRequestParameters off = CaravanChatRequestParameters.builder()
                    .adapter(new AdapterChoice(adapter, 0))
                    .build();
            assertThat(ask(adapted, off)).isEqualTo(plain);
        }
        assertThatThrownBy(() -> new CaravanChatModel(gemma, CaravanChatOptions.of(with)).chat(QUESTION))
                .isInstanceOf(AdapterClosedException.class);
    }

    private static String ask(CaravanChatModel model, CaravanChatRequestParameters parameters) {
        return model.chat(ChatRequest.builder()
                        .messages(UserMessage.from(QUESTION))
                        .parameters(parameters)
                        .build())
                .aiMessage()
                .text();
    }

    private static CaravanTokenUsage usage(ChatResponse response) {
        return (CaravanTokenUsage) response.metadata().tokenUsage();
    }

    @Test
    void repeatsADrawWithItsSeed() {
        CaravanChatModel model = new CaravanChatModel(gemma, CaravanChatOptions.defaults());
        ChatRequest request = ChatRequest.builder()
                .messages(UserMessage.from(QUESTION))
                .parameters(CaravanChatRequestParameters.builder()
                        .temperature(1.0)
                        .seed(42L)
                        .maxOutputTokens(ANSWER_TOKENS)
                        .build())
                .build();
        assertThat(model.chat(request).aiMessage())
                .isEqualTo(model.chat(request).aiMessage());
    }

    @Test
    void stopsWhenItsHandleIsCancelled() {
        Answer answer = new Answer() {
            @Override
            public void onPartialResponse(PartialResponse partial, PartialResponseContext context) {
                super.onPartialResponse(partial, context);
                context.streamingHandle().cancel();
            }
        };
        new CaravanStreamingChatModel(gemma, GREEDY, Runnable::run).chat(QUESTION, answer);

        assertThat(((CaravanChatResponseMetadata) answer.response().metadata()).isCancelled())
                .isTrue();
        assertThat(answer.response().finishReason()).isEqualTo(FinishReason.OTHER);
        assertThat(answer.response().tokenUsage().outputTokenCount()).isLessThan(ANSWER_TOKENS);
    }

    @Test
    void answersAgainAfterAHandlerThrew() {
        Answer broken = new Answer() {
            @Override
            public void onPartialResponse(String partial) {
                throw new IllegalStateException("the page is gone");
            }
        };
        CaravanStreamingChatModel model = new CaravanStreamingChatModel(gemma, GREEDY, Runnable::run);
        model.chat(QUESTION, broken);
        Answer next = new Answer();
        model.chat(QUESTION, next);

        assertThat(broken.errors).singleElement().isInstanceOf(IllegalStateException.class);
        assertThat(next.text.toString()).isEqualTo(new CaravanChatModel(gemma, GREEDY).chat(QUESTION));
    }

    @Test
    void saysThatAConversationIsTooLong() {
        Answer answer = new Answer();
        new CaravanStreamingChatModel(gemma, GREEDY, Runnable::run).chat("서울 ".repeat(CONTEXT_TOKENS), answer);
        assertThat(answer.errors).singleElement().isInstanceOf(ContextOverflowException.class);
    }

    @Test
    void findsThePassageThatAnswersAQuestion() {
        try (TextEncoder encoder = TextEncoders.load(TestModels.e5Small())) {
            Embedding question = CaravanEmbeddingModel.forQueries(encoder)
                    .embed("연차 휴가는 며칠인가요?")
                    .content();
            CaravanEmbeddingModel passages = CaravanEmbeddingModel.forPassages(encoder);

            assertThat(passages.dimension()).isEqualTo(384);
            assertThat(CosineSimilarity.between(
                            question, passages.embed("해마다 15일의 유급 휴가를 준다.").content()))
                    .isGreaterThan(CosineSimilarity.between(
                            question, passages.embed("용지가 끼면 전원을 끈다.").content()));
        }
    }

    private static class Answer implements StreamingChatResponseHandler {
        final StringBuilder text = new StringBuilder();
        final List<ChatResponse> responses = new ArrayList<>();
        final List<Throwable> errors = new ArrayList<>();

        @Override
        public void onPartialResponse(String partial) {
            text.append(partial);
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            responses.add(response);
        }

        @Override
        public void onError(Throwable error) {
            errors.add(error);
        }

        ChatResponse response() {
            assertThat(errors).isEmpty();
            assertThat(responses).hasSize(1);
            return responses.getFirst();
        }
    }
}
