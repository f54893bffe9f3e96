package dev.caravan.knowledge.chain;

import dev.caravan.knowledge.retrieve.HybridRetriever;
import dev.caravan.knowledge.retrieve.RetrievedSegment;
import dev.caravan.knowledge.retrieve.SegmentContent;
import dev.caravan.knowledge.retrieve.SegmentContentRetriever;
import dev.caravan.knowledge.text.TermAnalyzer;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import dev.langchain4j.rag.AugmentationRequest;
import dev.langchain4j.rag.AugmentationResult;
import dev.langchain4j.rag.DefaultRetrievalAugmentor;
import dev.langchain4j.rag.RetrievalAugmentor;
import dev.langchain4j.rag.content.Content;
import dev.langchain4j.rag.content.aggregator.DefaultContentAggregator;
import dev.langchain4j.rag.query.Metadata;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * Answers a question from documents, with citations: retrieve, assemble, ask the model, attribute. LangChain4j's
 * augmentor holds the first two, its streaming model the third; the fourth is {@link Attribution}. Where nothing relevant
 * is found, the answer is an honest refusal and the model is not asked; where the model says nothing, the answer says so.
 * Thread-safe.
 */
public final class RagChain {

    private static final int HISTORY_MESSAGES = 6;

    private final HybridRetriever retriever;
    private final StreamingChatModel model;
    private final PromptWriter prompts;
    private final Attribution attribution;
    private final FollowUpQuery followUps;

    /**
     * @param similarity chooses sentences for a model of the style {@link PromptStyle#COMPLETION}
     * @param generator keeps the answers of such a model to them
     */
    public RagChain(
            HybridRetriever retriever,
            StreamingChatModel model,
            RagSettings settings,
            SentenceSimilarity similarity,
            ConstrainedGenerator generator) {
        TermAnalyzer analyzer = TermAnalyzer.forComparison();
        this.retriever = retriever;
        this.model = model;
        this.prompts = new PromptWriter(settings, generator, new PassageFocus(analyzer, similarity));
        this.attribution = new Attribution(analyzer);
        this.followUps = new FollowUpQuery(analyzer);
    }

    /**
     * The answer, when it is complete. Blocks the calling thread; text is streamed to the listener meanwhile.
     *
     * @param cancelled asked at each piece of text; true stops the model, and what there is becomes the answer
     * @throws IllegalArgumentException if the last message is not the user's
     */
    public RagAnswer answer(RagRequest request, RagListener listener, BooleanSupplier cancelled) {
        List<ChatMessage> conversation = recent(request.messages());
        if (conversation.isEmpty() || !(conversation.getLast() instanceof UserMessage question)) {
            throw new IllegalArgumentException("the last message must be the user's question");
        }
        AugmentationResult augmented = augmentor(request, conversation)
                .augment(new AugmentationRequest(question, Metadata.from(question, null, conversation)));
        List<RetrievedSegment> segments = SegmentContent.segments(augmented.contents());
        listener.onSources(segments);
        if (segments.isEmpty()) {
            return refusal(question.singleText(), listener);
        }
        ChatRequest prompt =
                prompts.request(conversation, augmented.chatMessage(), augmented.contents(), request.parameters());
        StreamedAnswer streamed = new StreamedAnswer(listener, cancelled);
        model.chat(prompt, streamed);
        ChatResponse response = streamed.await();
        boolean isUnanswered = streamed.content().isBlank() && response.finishReason() != FinishReason.OTHER;
        String content = isUnanswered ? Language.of(question.singleText()).text("unanswered") : streamed.content();
        if (isUnanswered) {
            listener.onText(content);
        }
        AnswerCitations cited = AnswerCitations.of(
                attribution, question.singleText(), content, streamed.marks(), segments, retriever::anchorAt);
        return new RagAnswer(
                content,
                cited.citations(),
                cited.sources(),
                response.tokenUsage(),
                response.finishReason(),
                record(prompt));
    }

    private RetrievalAugmentor augmentor(RagRequest request, List<ChatMessage> conversation) {
        return DefaultRetrievalAugmentor.builder()
                .queryTransformer(followUps)
                .contentRetriever(
                        new SegmentContentRetriever(retriever, request.vectorStoreIds(), request.maxResults()))
                .contentAggregator(found -> prompts
                        .fitting(SegmentContent.segments(new DefaultContentAggregator().aggregate(found)), conversation)
                        .stream()
                        .<Content>map(SegmentContent::new)
                        .toList())
                .contentInjector(new PassageInjector())
                .build();
    }

    private static List<ChatMessage> recent(List<ChatMessage> messages) {
        return messages.subList(Math.max(0, messages.size() - HISTORY_MESSAGES - 1), messages.size());
    }

    private static RagAnswer refusal(String question, RagListener listener) {
        String text = Language.of(question).text("refusal");
        listener.onText(text);
        return new RagAnswer(text, List.of(), List.of(), new TokenUsage(0, 0), FinishReason.STOP, "");
    }

    private static String record(ChatRequest prompt) {
        return prompt.messages().stream()
                .map(message -> message.type() + ": " + PromptWriter.text(message))
                .collect(Collectors.joining("\n\n"));
    }
}
