package dev.caravan.langchain4j;

import dev.caravan.engine.generate.AdapterChoice;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * LangChain4j's request parameters and those that only the engine has. Immutable. Every parameter may be absent; then
 * the model's {@link CaravanChatOptions} decide.
 */
public final class CaravanChatRequestParameters extends DefaultChatRequestParameters {

    private final @Nullable Double minP;
    private final @Nullable Double repetitionPenalty;
    private final @Nullable Long seed;
    private final @Nullable BooleanSupplier cancelled;
    private final @Nullable Grounding grounding;
    private final @Nullable AdapterChoice adapter;

    private CaravanChatRequestParameters(Builder builder) {
        super(builder);
        this.minP = builder.minP;
        this.repetitionPenalty = builder.repetitionPenalty;
        this.seed = builder.seed;
        this.cancelled = builder.cancelled;
        this.grounding = builder.grounding;
        this.adapter = builder.adapter;
    }

    /** The least probability of a token relative to the likeliest one's, [0, 1). */
    public @Nullable Double minP() {
        return minP;
    }

    /** Above 1 makes tokens that are already present less likely; 1 does nothing. */
    public @Nullable Double repetitionPenalty() {
        return repetitionPenalty;
    }

    /** The same seed, prompt and parameters give the same answer. */
    public @Nullable Long seed() {
        return seed;
    }

    /**
     * Asked before every token, the first included, on the generating thread; true ends the answer. For callers that
     * must be able to stop an answer before its first text, when there is no {@code StreamingHandle} yet.
     */
    public @Nullable BooleanSupplier cancelled() {
        return cancelled;
    }

    /** What the answer has to keep to; absent for a free answer. */
    public @Nullable Grounding grounding() {
        return grounding;
    }

    /**
     * The adapter that the answer is given with, one of the language model's; absent for the base alone. At scale 0 it is
     * the base as well: so a request does without the adapter of its model's options.
     */
    public @Nullable AdapterChoice adapter() {
        return adapter;
    }

    @Override
    public CaravanChatRequestParameters overrideWith(ChatRequestParameters that) {
        return builder().overrideWith(this).overrideWith(that).build();
    }

    @Override
    public CaravanChatRequestParameters defaultedBy(ChatRequestParameters that) {
        return builder().overrideWith(that).overrideWith(this).build();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CaravanChatRequestParameters that
                && super.equals(that)
                && Objects.equals(minP, that.minP)
                && Objects.equals(repetitionPenalty, that.repetitionPenalty)
                && Objects.equals(seed, that.seed)
                && Objects.equals(cancelled, that.cancelled)
                && Objects.equals(grounding, that.grounding)
                && Objects.equals(adapter, that.adapter);
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), minP, repetitionPenalty, seed, cancelled, grounding, adapter);
    }

    @Override
    public String toString() {
        return "CaravanChatRequestParameters{%s, minP=%s, repetitionPenalty=%s, seed=%s, adapter=%s}"
                .formatted(super.toString(), minP, repetitionPenalty, seed, adapter);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Collects parameters; an absent one stays absent. */
    public static final class Builder extends DefaultChatRequestParameters.Builder<Builder> {

        private @Nullable Double minP;
        private @Nullable Double repetitionPenalty;
        private @Nullable Long seed;
        private @Nullable BooleanSupplier cancelled;
        private @Nullable Grounding grounding;
        private @Nullable AdapterChoice adapter;

        private Builder() {}

        public Builder minP(@Nullable Double minP) {
            this.minP = minP;
            return this;
        }

        public Builder repetitionPenalty(@Nullable Double repetitionPenalty) {
            this.repetitionPenalty = repetitionPenalty;
            return this;
        }

        public Builder seed(@Nullable Long seed) {
            this.seed = seed;
            return this;
        }

        public Builder cancelled(@Nullable BooleanSupplier cancelled) {
            this.cancelled = cancelled;
            return this;
        }

        public Builder grounding(@Nullable Grounding grounding) {
            this.grounding = grounding;
            return this;
        }

        public Builder adapter(@Nullable AdapterChoice adapter) {
            this.adapter = adapter;
            return this;
        }

        @Override
        public Builder overrideWith(ChatRequestParameters parameters) {
            super.overrideWith(parameters);
            if (parameters instanceof CaravanChatRequestParameters that) {
                minP = that.minP == null ? minP : that.minP;
                repetitionPenalty = that.repetitionPenalty == null ? repetitionPenalty : that.repetitionPenalty;
                seed = that.seed == null ? seed : that.seed;
                cancelled = that.cancelled == null ? cancelled : that.cancelled;
                grounding = that.grounding == null ? grounding : that.grounding;
                adapter = that.adapter == null ? adapter : that.adapter;
            }
            return this;
        }

        @Override
        public CaravanChatRequestParameters build() {
            return new CaravanChatRequestParameters(this);
        }
    }
}
