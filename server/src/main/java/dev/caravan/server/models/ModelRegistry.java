package dev.caravan.server.models;

import dev.caravan.server.api.ApiErrorCode;
import dev.caravan.server.api.ApiException;
import dev.caravan.server.config.CaravanProperties;
import jakarta.annotation.PreDestroy;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.springframework.boot.context.event.ApplicationStartedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Service;

/**
 * The chat model and the embedding model in service. Both are loaded in the background when the server has started, so
 * that the page is there at once and shows how far they are.
 */
@Service
public class ModelRegistry {

    /** The chat model in service, under whatever id. */
    public static final String DEFAULT_ALIAS = "default";

    private static final int RETRY_AFTER_SECONDS = 2;

    private final CaravanProperties properties;
    private final ModelLoader loader;
    private final ModelSlot<LoadedChatModel> chat = new ModelSlot<>(null);
    private final ModelSlot<LoadedEncoder> encoder;

    ModelRegistry(CaravanProperties properties, ModelLoader loader) {
        this.properties = properties;
        this.loader = loader;
        this.encoder = new ModelSlot<>(properties.requestedEmbeddingModel());
    }

    @EventListener(ApplicationStartedEvent.class)
    void load() {
        Thread.ofPlatform().daemon().name("model-loading").start(() -> {
            encoder.load("embedding", () -> loader.encoder(properties.requestedEmbeddingModel(), encoder::chosen));
            if (properties.requestedModel().equals(CaravanProperties.NO_MODEL)) {
                chat.none("Caravan was started without a chat model (--model none).");
            } else {
                chat.load(
                        "chat",
                        () -> loader.chatModel(
                                properties.requestedModel(), properties.requestedAdapter(), chat::chosen));
            }
        });
    }

    public ModelState chatState() {
        return chat.state();
    }

    public ModelState encoderState() {
        return encoder.state();
    }

    /** The chat model's context, once it is loaded. */
    public OptionalInt contextTokens() {
        return chat.current()
                .map(loaded -> OptionalInt.of(loaded.model().contextTokens()))
                .orElseGet(OptionalInt::empty);
    }

    /** The chat models that answer now, the one in service first. */
    List<LoadedChatModel> chatModels() {
        return chat.current().map(LoadedChatModel::all).orElseGet(List::of);
    }

    /** Completes with the embedding model, exceptionally if it cannot be had. */
    public CompletableFuture<LoadedEncoder> encoder() {
        return encoder.loaded();
    }

    /**
     * The chat model of a request.
     *
     * @throws ApiException if it is another one, or not ready
     */
    public LoadedChatModel requireChat(String requested) {
        for (LoadedChatModel loaded : chatModels()) {
            if (requested.equals(loaded.id())) {
                return loaded;
            }
        }
        ModelState state = chat.state();
        if (!requested.equals(DEFAULT_ALIAS) && !requested.equals(state.id())) {
            throw modelNotFound(requested);
        }
        requireReady(state, "chat model");
        return chat.loaded().join();
    }

    /**
     * The embedding model of a request.
     *
     * @throws ApiException if it is another one, or not ready
     */
    public LoadedEncoder requireEncoder(String requested) {
        ModelState state = encoder.state();
        if (!requested.equals(state.id())) {
            throw modelNotFound(requested);
        }
        requireReady(state, "embedding model");
        return encoder.loaded().join();
    }

    /** The embedding model in service. */
    public LoadedEncoder requireEncoder() {
        requireReady(encoder.state(), "embedding model");
        return encoder.loaded().join();
    }

    static ApiException modelNotFound(String requested) {
        return new ApiException(
                ApiErrorCode.MODEL_NOT_FOUND,
                "model",
                "The model '%s' does not exist here; GET /v1/models lists what does.".formatted(requested));
    }

    private static void requireReady(ModelState state, String kind) {
        switch (state.status()) {
            case READY -> {}
            case LOADING ->
                throw ApiException.tryLater(
                        ApiErrorCode.MODEL_NOT_READY,
                        RETRY_AFTER_SECONDS,
                        "The %s is still being loaded; try again in a moment.".formatted(kind));
            case NONE ->
                throw new ApiException(
                        ApiErrorCode.MODEL_NOT_READY,
                        null,
                        "This server runs without a %s; start it with --model.".formatted(kind));
            case FAILED ->
                throw new ApiException(
                        ApiErrorCode.MODEL_NOT_READY,
                        null,
                        "The %s could not be loaded: %s".formatted(kind, state.message()));
        }
    }

    @PreDestroy
    void close() {
        chat.current().ifPresent(loaded -> loaded.model().close());
        encoder.current().ifPresent(loaded -> loaded.encoder().close());
    }
}
