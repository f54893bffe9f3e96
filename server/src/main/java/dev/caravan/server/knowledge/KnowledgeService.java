package dev.caravan.server.knowledge;

import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.TextEncoder;
import dev.caravan.engine.tokenizer.Tokenizer.Specials;
import dev.caravan.knowledge.chain.PromptStyle;
import dev.caravan.knowledge.chain.RagAnswer;
import dev.caravan.knowledge.chain.RagChain;
import dev.caravan.knowledge.chain.RagListener;
import dev.caravan.knowledge.chain.RagRequest;
import dev.caravan.knowledge.chain.RagSettings;
import dev.caravan.knowledge.chain.SentenceSimilarity;
import dev.caravan.knowledge.ingest.IngestListener;
import dev.caravan.knowledge.ingest.IngestRequest;
import dev.caravan.knowledge.ingest.IngestedDocument;
import dev.caravan.knowledge.ingest.Ingestion;
import dev.caravan.knowledge.parse.ParserLimits;
import dev.caravan.knowledge.parse.ParserProcess;
import dev.caravan.knowledge.retrieve.HybridRetriever;
import dev.caravan.knowledge.retrieve.RetrievalSettings;
import dev.caravan.knowledge.retrieve.RetrievedSegment;
import dev.caravan.knowledge.retrieve.SearchRequest;
import dev.caravan.knowledge.split.SegmentSplitter;
import dev.caravan.knowledge.store.DocumentTexts;
import dev.caravan.knowledge.store.EmbeddingSpace;
import dev.caravan.knowledge.store.TextWindow;
import dev.caravan.langchain4j.CaravanChatRequestParameters;
import dev.caravan.langchain4j.CaravanEmbeddingModel;
import dev.caravan.langchain4j.Grounding;
import dev.caravan.server.files.UploadProperties;
import dev.caravan.server.models.LoadedChatModel;
import dev.caravan.server.models.LoadedEncoder;
import dev.caravan.server.models.ModelRegistry;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.embedding.EmbeddingModel;
import jakarta.annotation.PreDestroy;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.ToIntFunction;
import javax.sql.DataSource;
import org.springframework.stereotype.Service;

/**
 * Ingestion, search and the RAG chain, assembled when the embedding model has been loaded. What needs no model (deleting,
 * showing a passage) works at once. Thread-safe.
 */
@Service
public class KnowledgeService {

    /** The part of a context that is kept for an answer without a limit of its own. */
    private static final int MAX_ANSWER_TOKENS = 1024;

    /** By trial on Gemma 3 270M: less lets it drift, more makes it copy whole lines. */
    private static final double COPY_BONUS = 0.7;

    private final ParserProcess parser;
    private final Ingestion eraser;
    private final DocumentTexts texts;
    private final CompletableFuture<Parts> parts;
    private final ModelRegistry models;

    /** What depends on the embedding model. */
    private record Parts(Ingestion ingestion, HybridRetriever retriever, SentenceSimilarity similarity) {}

    KnowledgeService(DataSource dataSource, ModelRegistry models, UploadProperties uploads) {
        this.models = models;
        this.parser = new ParserProcess(limits(uploads));
        this.texts = new DocumentTexts(dataSource);
        this.eraser = eraser(dataSource);
        this.parts = models.encoder().thenApply(loaded -> parts(dataSource, loaded));
    }

    private static ParserLimits limits(UploadProperties uploads) {
        ParserLimits usual = ParserLimits.defaults();
        return new ParserLimits(
                usual.heapMegabytes(),
                usual.timeLimit(),
                usual.idleLimit(),
                uploads.maxSize().toBytes(),
                usual.maximumCharacters(),
                usual.maximumInflatedBytes());
    }

    private Parts parts(DataSource dataSource, LoadedEncoder loaded) {
        TextEncoder encoder = loaded.encoder();
        EmbeddingSpace space = new EmbeddingSpace(encoder.modelName(), encoder.dimension());
        EmbeddingModel queries = CaravanEmbeddingModel.forQueries(encoder);
        EmbeddingModel passages = CaravanEmbeddingModel.forPassages(encoder);
        Ingestion ingestion =
                new Ingestion(dataSource, parser, SegmentSplitter.withDefaults(encoder::countTokens), space, passages);
        HybridRetriever retriever = new HybridRetriever(dataSource, space, queries, RetrievalSettings.defaults());
        return new Parts(ingestion, retriever, SentenceSimilarity.cosine(queries, passages));
    }

    /** Deletes without an embedding model: a person must get rid of a document also when the model is broken. */
    private Ingestion eraser(DataSource dataSource) {
        return new Ingestion(
                dataSource,
                parser,
                SegmentSplitter.withDefaults(String::length),
                new EmbeddingSpace("none", 1),
                new EmbeddingModel() {});
    }

    /**
     * Puts a file into a vector store; waits for the embedding model.
     *
     * @throws dev.caravan.knowledge.parse.DocumentParseException when the file cannot be read
     * @throws java.util.concurrent.CompletionException when the embedding model cannot be loaded
     */
    public IngestedDocument ingest(IngestRequest request, IngestListener listener) {
        return parts.join().ingestion().ingest(request, listener);
    }

    /** Takes a file out of a vector store. */
    public void remove(String vectorStoreId, String fileId) {
        eraser.remove(vectorStoreId, fileId);
    }

    /** Takes a file out of every vector store. */
    public void removeFile(String fileId) {
        eraser.removeFile(fileId);
    }

    /** Empties a vector store. */
    public void removeVectorStore(String vectorStoreId) {
        eraser.removeVectorStore(vectorStoreId);
    }

    /**
     * The relevant segments, best first.
     *
     * @throws dev.caravan.server.api.ApiException if the embedding model is not ready
     */
    public List<RetrievedSegment> search(SearchRequest request) {
        return retriever().search(request);
    }

    /**
     * An answer from documents.
     *
     * @throws dev.caravan.server.api.ApiException if the embedding model is not ready
     */
    public RagAnswer answer(LoadedChatModel chat, RagRequest request, RagListener listener, BooleanSupplier cancelled) {
        LanguageModel model = chat.model();
        ToIntFunction<String> counter = text -> model.tokenizer().encode(text, Specials.AS_TEXT).length;
        RagSettings settings = new RagSettings(
                model.isChatModel() ? PromptStyle.INSTRUCT : PromptStyle.COMPLETION,
                counter,
                model.contextTokens(),
                Math.min(MAX_ANSWER_TOKENS, model.contextTokens() / 4));
        RagChain chain = new RagChain(
                retriever(), chat.streaming(), settings, parts.join().similarity(), KnowledgeService::keepTo);
        return chain.answer(request, listener, cancelled);
    }

    /** Knowledge's port for constrained decoding, on the engine. */
    private static ChatRequestParameters keepTo(
            ChatRequestParameters parameters, List<String> passages, List<String> furtherTexts) {
        return CaravanChatRequestParameters.builder()
                .overrideWith(parameters)
                .grounding(new Grounding(passages, furtherTexts, COPY_BONUS))
                .build();
    }

    /** The text around a span of a document. */
    public Optional<TextWindow> window(String documentHash, int start, int end, int contextCharacters) {
        return texts.window(documentHash, start, end, contextCharacters);
    }

    private HybridRetriever retriever() {
        models.requireEncoder();
        return parts.join().retriever();
    }

    @PreDestroy
    void close() {
        parser.close();
    }
}
