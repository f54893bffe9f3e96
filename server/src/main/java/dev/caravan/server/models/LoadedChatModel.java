package dev.caravan.server.models;

import dev.caravan.engine.LanguageModel;
import dev.caravan.langchain4j.CaravanStreamingChatModel;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A chat model that answers.
 *
 * @param created when its file was written
 * @param base the same model without its adapter, or null if this is the bare model
 */
public record LoadedChatModel(
        String id,
        LanguageModel model,
        CaravanStreamingChatModel streaming,
        Instant created,
        @Nullable LoadedChatModel base) {

    /** This model, and the base that it has beside it. */
    public List<LoadedChatModel> all() {
        return base == null ? List.of(this) : List.of(this, base);
    }
}
