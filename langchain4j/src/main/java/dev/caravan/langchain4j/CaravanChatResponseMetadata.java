package dev.caravan.langchain4j;

import dev.langchain4j.model.chat.response.ChatResponseMetadata;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * LangChain4j's response metadata and whether the answer was cancelled, for which LangChain4j has no finish reason (it
 * is {@code OTHER} then). The token usage is a {@link CaravanTokenUsage}. Immutable.
 */
public final class CaravanChatResponseMetadata extends ChatResponseMetadata {

    private final boolean cancelled;

    private CaravanChatResponseMetadata(Builder builder) {
        super(builder);
        this.cancelled = builder.cancelled;
    }

    /** Whether the caller ended the answer, which is then a part of one. */
    public boolean isCancelled() {
        return cancelled;
    }

    @Override
    public Builder toBuilder() {
        Builder builder = new Builder();
        toBuilder(builder);
        return builder.cancelled(cancelled);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return super.equals(other) && other instanceof CaravanChatResponseMetadata that && cancelled == that.cancelled;
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), cancelled);
    }

    @Override
    public String toString() {
        return "CaravanChatResponseMetadata{%s, cancelled=%s}".formatted(super.toString(), cancelled);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Collects the metadata of one answer. */
    public static final class Builder extends ChatResponseMetadata.Builder<Builder> {

        private boolean cancelled;

        private Builder() {}

        public Builder cancelled(boolean cancelled) {
            this.cancelled = cancelled;
            return this;
        }

        @Override
        public CaravanChatResponseMetadata build() {
            return new CaravanChatResponseMetadata(this);
        }
    }
}
