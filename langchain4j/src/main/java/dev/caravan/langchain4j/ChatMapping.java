package dev.caravan.langchain4j;

import static java.util.Objects.requireNonNullElse;

import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.generate.AdapterChoice;
import dev.caravan.engine.generate.Generation;
import dev.caravan.engine.generate.GenerationRequest;
import dev.caravan.engine.generate.PassageConstraint;
import dev.caravan.engine.generate.SamplingParameters;
import dev.caravan.engine.generate.TokenConstraint;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.CustomMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * LangChain4j's requests to the engine's, and the engine's answers to LangChain4j's. What the engine cannot do is
 * refused by name instead of being ignored. Immutable and thread-safe.
 */
final class ChatMapping {

    private final LanguageModel model;
    private final CaravanChatOptions options;

    ChatMapping(LanguageModel model, CaravanChatOptions options) {
        this.model = model;
        this.options = options;
    }

    /**
     * The engine's request.
     *
     * @param cancelled asked before every token, beside the request's own
     * @throws UnsupportedFeatureException if the request needs what the engine does not do
     * @throws ModelNotFoundException if the request names another model
     * @throws IllegalArgumentException if a parameter is out of its range
     */
    GenerationRequest generation(ChatRequest request, BooleanSupplier cancelled) {
        CaravanChatRequestParameters parameters = options.parameters().overrideWith(request.parameters());
        requireThisModel(parameters);
        refuseUnsupported(parameters);
        if (parameters.maxOutputTokens() < 1) {
            throw new IllegalArgumentException("maxOutputTokens must be 1 or more");
        }
        BooleanSupplier requestCancelled = requireNonNullElse(parameters.cancelled(), () -> false);
        GenerationRequest generation = new GenerationRequest(
                model.encodeChat(messages(request.messages())),
                sampling(parameters),
                parameters.maxOutputTokens(),
                requireNonNullElse(parameters.stopSequences(), List.of()),
                () -> cancelled.getAsBoolean() || requestCancelled.getAsBoolean(),
                constraint(parameters.grounding()));
        AdapterChoice adapter = parameters.adapter();
        return adapter == null ? generation : generation.withAdapter(adapter.adapter(), adapter.scale());
    }

    private TokenConstraint constraint(@Nullable Grounding grounding) {
        return grounding == null
                ? TokenConstraint.NONE
                : new PassageConstraint(model.tokenizer(), grounding.passages(), grounding.furtherTexts(), (float)
                        grounding.copyBonus());
    }

    private void requireThisModel(ChatRequestParameters parameters) {
        String own = options.parameters().modelName();
        if (own != null && !own.equals(parameters.modelName())) {
            throw new ModelNotFoundException("this chat model runs '%s', the request asks for '%s'; leave modelName out"
                    .formatted(own, parameters.modelName()));
        }
    }

    private static void refuseUnsupported(ChatRequestParameters parameters) {
        refuse(!requireNonNullElse(parameters.toolSpecifications(), List.of()).isEmpty(), "toolSpecifications");
        refuse(parameters.toolChoice() == ToolChoice.REQUIRED, "toolChoice REQUIRED");
        refuse(
                parameters.responseFormat() != null
                        && parameters.responseFormat().type() == ResponseFormatType.JSON,
                "responseFormat JSON");
        refuse(isSet(parameters.frequencyPenalty()), "frequencyPenalty");
        refuse(isSet(parameters.presencePenalty()), "presencePenalty");
    }

    private static boolean isSet(Double penalty) {
        return penalty != null && penalty != 0;
    }

    private static void refuse(boolean isAskedFor, String what) {
        if (isAskedFor) {
            throw new UnsupportedFeatureException(
                    "Caravan's chat models do not support %s; send the request without it".formatted(what));
        }
    }

    private SamplingParameters sampling(CaravanChatRequestParameters parameters) {
        Long seed = parameters.seed();
        return new SamplingParameters(
                parameters.temperature().floatValue(),
                parameters.topK(),
                parameters.topP().floatValue(),
                requireNonNullElse(parameters.minP(), 0.0).floatValue(),
                requireNonNullElse(parameters.repetitionPenalty(), 1.0).floatValue(),
                seed == null ? options.seeds().getAsLong() : seed);
    }

    private static List<dev.caravan.engine.template.ChatMessage> messages(List<ChatMessage> messages) {
        List<dev.caravan.engine.template.ChatMessage> mapped = new ArrayList<>(messages.size());
        for (ChatMessage message : messages) {
            mapped.add(message(message));
        }
        return mapped;
    }

    private static dev.caravan.engine.template.ChatMessage message(ChatMessage message) {
        return switch (message) {
            case SystemMessage system -> new dev.caravan.engine.template.ChatMessage("system", system.text());
            case UserMessage user -> new dev.caravan.engine.template.ChatMessage("user", text(user));
            case AiMessage assistant -> new dev.caravan.engine.template.ChatMessage("assistant", text(assistant));
            case ToolExecutionResultMessage result ->
                throw unsupportedMessage("the tool result of '%s'".formatted(result.toolName()));
            case CustomMessage _ -> throw unsupportedMessage("a custom message");
            default ->
                throw unsupportedMessage("a message of " + message.getClass().getName());
        };
    }

    private static String text(UserMessage user) {
        StringBuilder text = new StringBuilder();
        for (Content content : user.contents()) {
            if (!(content instanceof TextContent part)) {
                throw unsupportedMessage("a user message with %s content".formatted(content.type()));
            }
            text.append(text.isEmpty() ? "" : "\n").append(part.text());
        }
        return text.toString();
    }

    private static String text(AiMessage assistant) {
        if (assistant.hasToolExecutionRequests()) {
            throw unsupportedMessage("an assistant message with tool calls");
        }
        if (assistant.text() == null) {
            throw unsupportedMessage("an assistant message without text");
        }
        return assistant.text();
    }

    private static UnsupportedFeatureException unsupportedMessage(String what) {
        return new UnsupportedFeatureException(
                "the conversation holds %s; Caravan's chat models take text of system, user and assistant"
                        .formatted(what));
    }

    /** LangChain4j's form of the answer. */
    ChatResponse response(Generation answer) {
        String name = options.parameters().modelName();
        return ChatResponse.builder()
                .aiMessage(AiMessage.from(answer.text()))
                .metadata(CaravanChatResponseMetadata.builder()
                        .modelName(name == null ? model.architecture() : name)
                        .tokenUsage(new CaravanTokenUsage(
                                answer.promptTokens(), answer.cachedPromptTokens(), answer.completionTokens()))
                        .finishReason(finishReason(answer.finishReason()))
                        .cancelled(answer.finishReason() == Generation.FinishReason.CANCELLED)
                        .build())
                .build();
    }

    private static FinishReason finishReason(Generation.FinishReason reason) {
        return switch (reason) {
            case STOP -> FinishReason.STOP;
            case LENGTH -> FinishReason.LENGTH;
            case CANCELLED -> FinishReason.OTHER;
        };
    }
}
