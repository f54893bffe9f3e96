package dev.caravan.server.system;

import dev.caravan.server.files.UploadProperties;
import dev.caravan.server.models.ModelRegistry;
import dev.caravan.server.models.ModelState;
import dev.caravan.server.vectorstores.VectorStoreService;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.info.BuildProperties;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** The server's state, for the page. */
@RestController
class SystemController {

    private final ModelRegistry models;
    private final VectorStoreService vectorStores;
    private final UploadProperties uploads;
    private final String version;

    SystemController(
            ModelRegistry models,
            VectorStoreService vectorStores,
            UploadProperties uploads,
            ObjectProvider<BuildProperties> build) {
        this.models = models;
        this.vectorStores = vectorStores;
        this.uploads = uploads;
        BuildProperties properties = build.getIfAvailable();
        String built = properties == null ? null : properties.getVersion();
        this.version = built == null ? "development" : built;
    }

    record ChatModel(
            @Nullable String id,
            String status,
            @Nullable String message,
            @Nullable Integer contextTokens) {}

    record EmbeddingModel(
            @Nullable String id, String status, @Nullable String message) {}

    record SystemState(
            String version,
            ChatModel model,
            EmbeddingModel embeddingModel,
            long maxUploadBytes,
            String defaultVectorStoreId) {}

    @GetMapping("/api/system")
    SystemState get() {
        ModelState chat = models.chatState();
        ModelState encoder = models.encoderState();
        OptionalInt contextTokens = models.contextTokens();
        return new SystemState(
                version,
                new ChatModel(
                        chat.id(),
                        chat.status().wireName(),
                        chat.message(),
                        contextTokens.isPresent() ? contextTokens.getAsInt() : null),
                new EmbeddingModel(encoder.id(), encoder.status().wireName(), encoder.message()),
                uploads.maxSize().toBytes(),
                vectorStores.defaultId());
    }
}
