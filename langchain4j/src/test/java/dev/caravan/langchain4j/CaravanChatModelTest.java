package dev.caravan.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.ContextOverflowException;
import dev.caravan.engine.generate.Generation;
import dev.caravan.engine.generate.GenerationRequest;
import dev.caravan.engine.generate.SamplingParameters;
import dev.caravan.engine.template.ChatMessage;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.CustomMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.listener.ChatModelErrorContext;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.listener.ChatModelResponseContext;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CaravanChatModelTest {

    private final FakeLanguageModel engine = new FakeLanguageModel(Generation.FinishReason.STOP, "안녕", "하세요");
    private final CaravanChatModel model = new CaravanChatModel(engine, CaravanChatOptions.defaults());

    @Test
    void givesTheTextWithUsageAndFinishReason() {
        ChatResponse response = model.chat(UserMessage.from("안녕?"));

        assertThat(response.aiMessage().text()).isEqualTo("안녕하세요");
        assertThat(response.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(response.modelName()).isEqualTo("fake");
        assertThat(response.tokenUsage()).isEqualTo(new CaravanTokenUsage(3, FakeLanguageModel.CACHED_TOKENS, 2));
        assertThat(response.tokenUsage().totalTokenCount()).isEqualTo(5);
        assertThat(((CaravanChatResponseMetadata) response.metadata()).isCancelled())
                .isFalse();
    }

    @Test
    void reportsAnAnswerThatWasCutByLength() {
        FakeLanguageModel cut = new FakeLanguageModel(Generation.FinishReason.LENGTH, "반");
        assertThat(new CaravanChatModel(cut, CaravanChatOptions.defaults())
                        .chat(UserMessage.from("?"))
                        .finishReason())
                .isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void mapsSystemUserAndAssistantMessagesInTheirOrder() {
        model.chat(
                SystemMessage.from("간단히 답해."),
                UserMessage.from(TextContent.from("서울은?"), TextContent.from("한 줄로.")),
                AiMessage.from("수도입니다."),
                UserMessage.from("부산은?"));

        assertThat(engine.conversations)
                .containsExactly(List.of(
                        new ChatMessage("system", "간단히 답해."),
                        new ChatMessage("user", "서울은?\n한 줄로."),
                        new ChatMessage("assistant", "수도입니다."),
                        new ChatMessage("user", "부산은?")));
    }

    @Test
    void passesEveryParameterToTheEngine() {
        model.chat(request(CaravanChatRequestParameters.builder()
                .temperature(0.5)
                .topK(7)
                .topP(0.25)
                .minP(0.125)
                .repetitionPenalty(1.5)
                .seed(42L)
                .maxOutputTokens(9)
                .stopSequences("끝", "\n\n")
                .build()));

        GenerationRequest asked = engine.requests.getFirst();
        assertThat(asked.sampling()).isEqualTo(new SamplingParameters(0.5f, 7, 0.25f, 0.125f, 1.5f, 42));
        assertThat(asked.maxTokens()).isEqualTo(9);
        assertThat(asked.stop()).containsExactly("끝", "\n\n");
    }

    @Test
    void takesAbsentParametersFromTheOptionsAndThoseFromTheDefaults() {
        CaravanChatOptions options = new CaravanChatOptions(
                CaravanChatRequestParameters.builder().topK(3).minP(0.5).build(), () -> 11, List.of());
        new CaravanChatModel(engine, options)
                .chat(request(ChatRequestParameters.builder().temperature(0.0).build()));

        GenerationRequest asked = engine.requests.getFirst();
        assertThat(asked.sampling()).isEqualTo(new SamplingParameters(0, 3, 0.95f, 0.5f, 1, 11));
        assertThat(asked.maxTokens()).isEqualTo(CaravanChatOptions.DEFAULT_MAX_OUTPUT_TOKENS);
        assertThat(asked.stop()).isEmpty();
    }

    @Test
    void drawsAnotherSeedForEachRequestThatBringsNone() {
        model.chat(UserMessage.from("1"));
        model.chat(UserMessage.from("2"));
        assertThat(engine.requests.get(0).sampling().seed())
                .isNotEqualTo(engine.requests.get(1).sampling().seed());
    }

    @Test
    void keepsOwnParametersWhenOneFieldOfARequestIsChanged() {
        ChatRequest request = request(
                CaravanChatRequestParameters.builder().seed(5L).minP(0.5).build());
        model.chat(request.toBuilder().temperature(0.0).build());

        assertThat(engine.requests.getFirst().sampling()).isEqualTo(new SamplingParameters(0, 40, 0.95f, 0.5f, 1, 5));
    }

    @Test
    void endsAnAnswerThatIsCancelledBeforeItsFirstText() {
        ChatResponse response = model.chat(request(
                CaravanChatRequestParameters.builder().cancelled(() -> true).build()));

        assertThat(response.aiMessage().text()).isEmpty();
        assertThat(response.finishReason()).isEqualTo(FinishReason.OTHER);
        assertThat(((CaravanChatResponseMetadata) response.metadata()).isCancelled())
                .isTrue();
    }

    static Stream<Arguments> refusedParameters() {
        return Stream.of(
                Arguments.of(
                        ChatRequestParameters.builder()
                                .toolSpecifications(ToolSpecification.builder()
                                        .name("clock")
                                        .build())
                                .build(),
                        "toolSpecifications"),
                Arguments.of(
                        ChatRequestParameters.builder()
                                .toolChoice(ToolChoice.REQUIRED)
                                .build(),
                        "toolChoice"),
                Arguments.of(
                        ChatRequestParameters.builder()
                                .responseFormat(ResponseFormat.JSON)
                                .build(),
                        "responseFormat JSON"),
                Arguments.of(
                        ChatRequestParameters.builder().frequencyPenalty(0.1).build(), "frequencyPenalty"),
                Arguments.of(
                        ChatRequestParameters.builder().presencePenalty(-1.0).build(), "presencePenalty"));
    }

    @ParameterizedTest
    @MethodSource("refusedParameters")
    void refusesByNameWhatTheEngineDoesNotDo(ChatRequestParameters parameters, String name) {
        assertThatThrownBy(() -> model.chat(request(parameters)))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining(name);
        assertThat(engine.requests).isEmpty();
    }

    @Test
    void acceptsWhatAsksForNothing() {
        model.chat(request(ChatRequestParameters.builder()
                .frequencyPenalty(0.0)
                .presencePenalty(0.0)
                .toolChoice(ToolChoice.AUTO)
                .responseFormat(ResponseFormat.TEXT)
                .build()));
        assertThat(engine.requests).hasSize(1);
    }

    static Stream<Arguments> refusedMessages() {
        ToolExecutionRequest call = ToolExecutionRequest.builder()
                .id("1")
                .name("clock")
                .arguments("{}")
                .build();
        return Stream.of(
                Arguments.of(ToolExecutionResultMessage.from(call, "12:00"), "the tool result of 'clock'"),
                Arguments.of(AiMessage.from(call), "tool calls"),
                Arguments.of(UserMessage.from(ImageContent.from("aGk=", "image/png")), "IMAGE content"),
                Arguments.of(CustomMessage.from(Map.of("text", "x")), "a custom message"));
    }

    @ParameterizedTest
    @MethodSource("refusedMessages")
    void refusesMessagesThatAreNotText(dev.langchain4j.data.message.ChatMessage message, String what) {
        assertThatThrownBy(() -> model.chat(UserMessage.from("?"), message))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining(what);
    }

    @Test
    void refusesOtherModelsNamesWhenItHasOne() {
        CaravanChatModel named = new CaravanChatModel(
                engine,
                CaravanChatOptions.of(
                        ChatRequestParameters.builder().modelName("midm").build()));

        assertThat(named.chat(UserMessage.from("?")).modelName()).isEqualTo("midm");
        assertThatThrownBy(() -> named.chat(
                        request(ChatRequestParameters.builder().modelName("gpt").build())))
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("'midm'")
                .hasMessageContaining("'gpt'");
    }

    static Stream<Arguments> valuesOutOfRange() {
        return Stream.of(
                value("temperature", parameters -> parameters.temperature(2.5)),
                value("temperature", parameters -> parameters.temperature(-0.1)),
                value("temperature", parameters -> parameters.temperature(Double.NaN)),
                value("top_p", parameters -> parameters.topP(0.0)),
                value("top_p", parameters -> parameters.topP(Double.NaN)),
                value("top_k", parameters -> parameters.topK(-1)),
                value("min_p", parameters -> parameters.minP(1.0)),
                value("min_p", parameters -> parameters.minP(Double.NEGATIVE_INFINITY)),
                value("repetition_penalty", parameters -> parameters.repetitionPenalty(1e-40)),
                value("repetition_penalty", parameters -> parameters.repetitionPenalty(1e300)),
                value("repetition_penalty", parameters -> parameters.repetitionPenalty(Double.NaN)),
                value("maxOutputTokens", parameters -> parameters.maxOutputTokens(0)),
                value("maxOutputTokens", parameters -> parameters.maxOutputTokens(Integer.MIN_VALUE)),
                value("stop text", parameters -> parameters.stopSequences("")));
    }

    private static Arguments value(String name, UnaryOperator<CaravanChatRequestParameters.Builder> parameter) {
        return Arguments.of(
                name, parameter.apply(CaravanChatRequestParameters.builder()).build());
    }

    @ParameterizedTest(name = "{0} {index}")
    @MethodSource("valuesOutOfRange")
    void refusesValuesOutOfRange(String name, ChatRequestParameters parameters) {
        assertThatThrownBy(() -> model.chat(request(parameters)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(name);
        assertThat(engine.requests).isEmpty();
    }

    @Test
    void takesATemperatureThatIsTooSmallToDivideByAsZero() {
        model.chat(request(
                ChatRequestParameters.builder().temperature(Double.MIN_VALUE).build()));
        model.chat(request(ChatRequestParameters.builder().temperature(1e-40).build()));
        assertThat(engine.requests)
                .allSatisfy(asked -> assertThat(asked.sampling().temperature()).isZero());
    }

    @Test
    void letsTheEnginesErrorsPassAndTellsTheListeners() {
        List<Throwable> heard = new ArrayList<>();
        engine.failure = new ContextOverflowException(200, 100);
        CaravanChatModel observed = new CaravanChatModel(
                engine,
                new CaravanChatOptions(
                        CaravanChatOptions.defaults().parameters(), () -> 0, List.of(new ChatModelListener() {
                            @Override
                            public void onError(ChatModelErrorContext context) {
                                heard.add(context.error());
                            }

                            @Override
                            public void onResponse(ChatModelResponseContext context) {
                                throw new AssertionError("no response was expected");
                            }
                        })));

        assertThatThrownBy(() -> observed.chat(UserMessage.from("?"))).isSameAs(engine.failure);
        assertThat(heard).containsExactly(engine.failure);
    }

    @Test
    void addsUsageWithItsCachedPart() {
        assertThat(new CaravanTokenUsage(10, 4, 2).add(new CaravanTokenUsage(3, 3, 1)))
                .isEqualTo(new CaravanTokenUsage(13, 7, 3));
        assertThat(new TokenUsage(1, 1).add(new CaravanTokenUsage(3, 3, 1))).isEqualTo(new CaravanTokenUsage(4, 3, 2));
    }

    @Test
    void keepsTheCancelledMarkWhenMetadataIsCopied() {
        CaravanChatResponseMetadata metadata =
                CaravanChatResponseMetadata.builder().cancelled(true).build();
        assertThat(metadata.toBuilder().id("chatcmpl-1").build().isCancelled()).isTrue();
    }

    private static ChatRequest request(ChatRequestParameters parameters) {
        return ChatRequest.builder()
                .messages(UserMessage.from("?"))
                .parameters(parameters)
                .build();
    }
}
