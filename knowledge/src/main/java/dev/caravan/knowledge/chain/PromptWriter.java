package dev.caravan.knowledge.chain;

import dev.caravan.knowledge.retrieve.RetrievedSegment;
import dev.caravan.knowledge.retrieve.SegmentContent;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.rag.content.Content;
import java.util.ArrayList;
import java.util.List;

/**
 * Words the request to the model, in the manner of its {@link PromptStyle}. Passages are always text of messages, never
 * of a template, so that control tokens spelled in a document stay text. Thread-safe.
 */
final class PromptWriter {

    /** Kept free for the template's own tokens. */
    private static final int TEMPLATE_TOKENS = 128;

    private static final int FOCUS_SENTENCES = 4;
    private static final int COMPLETION_TOKENS_MAX = 160;

    private final RagSettings settings;
    private final ConstrainedGenerator generator;
    private final PassageFocus focus;

    PromptWriter(RagSettings settings, ConstrainedGenerator generator, PassageFocus focus) {
        this.settings = settings;
        this.generator = generator;
        this.focus = focus;
    }

    /** The best segments that fit the context beside the conversation and the answer. */
    List<RetrievedSegment> fitting(List<RetrievedSegment> segments, List<ChatMessage> conversation) {
        int room = settings.contextTokens() - settings.answerTokens() - TEMPLATE_TOKENS;
        if (settings.style() == PromptStyle.INSTRUCT) {
            room -= count(Language.KO.text("instruct"))
                    + conversation.stream().mapToInt(this::count).sum();
        }
        List<RetrievedSegment> fitting = new ArrayList<>();
        for (RetrievedSegment segment : segments) {
            room -= count(PassageInjector.passage(fitting.size() + 1, segment));
            if (room < 0 && !fitting.isEmpty()) {
                break;
            }
            fitting.add(segment);
        }
        return List.copyOf(fitting);
    }

    /**
     * The request.
     *
     * @param conversation ends with the question
     * @param augmented the question with its passages
     * @param contents those passages
     */
    ChatRequest request(
            List<ChatMessage> conversation,
            ChatMessage augmented,
            List<Content> contents,
            ChatRequestParameters parameters) {
        return switch (settings.style()) {
            case INSTRUCT -> instruct(conversation, augmented, parameters);
            case COMPLETION -> completion(question(conversation), contents, parameters);
        };
    }

    static String question(List<ChatMessage> conversation) {
        return ((UserMessage) conversation.getLast()).singleText();
    }

    private static ChatRequest instruct(
            List<ChatMessage> conversation, ChatMessage augmented, ChatRequestParameters parameters) {
        List<ChatMessage> messages = new ArrayList<>();
        messages.add(SystemMessage.from(Language.of(question(conversation)).text("instruct")));
        messages.addAll(conversation.subList(0, conversation.size() - 1));
        messages.add(augmented);
        return ChatRequest.builder().messages(messages).parameters(parameters).build();
    }

    /**
     * One worked example, the few sentences that matter, the question: what a base model continues best. Earlier turns are
     * left out; they only draw it away.
     */
    private ChatRequest completion(String question, List<Content> contents, ChatRequestParameters parameters) {
        Language language = Language.of(question);
        List<String> sentences = focus.sentences(question, SegmentContent.segments(contents), FOCUS_SENTENCES);
        // Not String.format: a document may hold percent signs, and so may the template one day.
        String system = language.text("completion").replace("%s", String.join("\n", sentences));
        int asked = parameters.maxOutputTokens() == null ? COMPLETION_TOKENS_MAX : parameters.maxOutputTokens();
        ChatRequestParameters limits = ChatRequestParameters.builder()
                .maxOutputTokens(Math.min(asked, COMPLETION_TOKENS_MAX))
                .stopSequences(stops(parameters))
                .temperature(parameters.temperature() == null ? 0.0 : parameters.temperature())
                .build();
        return ChatRequest.builder()
                .messages(SystemMessage.from(system), UserMessage.from(question))
                .parameters(
                        generator.keepTo(parameters.overrideWith(limits), sentences, List.of(language.text("allowed"))))
                .build();
    }

    /** A base model ends its answer with the line. */
    private static List<String> stops(ChatRequestParameters parameters) {
        List<String> stops = new ArrayList<>(List.of("\n"));
        if (parameters.stopSequences() != null) {
            stops.addAll(parameters.stopSequences());
        }
        return stops;
    }

    /** What a message says, without its frame. */
    static String text(ChatMessage message) {
        return switch (message) {
            case SystemMessage system -> system.text();
            case AiMessage assistant -> assistant.text();
            case UserMessage user -> user.singleText();
            default -> message.toString();
        };
    }

    private int count(ChatMessage message) {
        return count(text(message));
    }

    private int count(String text) {
        return settings.tokenCounter().applyAsInt(text);
    }
}
