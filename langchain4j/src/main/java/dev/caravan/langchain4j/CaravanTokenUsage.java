package dev.caravan.langchain4j;

import dev.langchain4j.model.output.TokenUsage;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Token counts with the part of the prompt that was found in the engine's KV cache. Immutable. */
public final class CaravanTokenUsage extends TokenUsage {

    private final int cachedInputTokenCount;

    /**
     * @param inputTokenCount the whole prompt, cached tokens included
     * @param cachedInputTokenCount 0 to {@code inputTokenCount}
     */
    public CaravanTokenUsage(int inputTokenCount, int cachedInputTokenCount, int outputTokenCount) {
        this(inputTokenCount, cachedInputTokenCount, outputTokenCount, inputTokenCount + outputTokenCount);
    }

    private CaravanTokenUsage(
            Integer inputTokenCount, int cachedInputTokenCount, Integer outputTokenCount, Integer totalTokenCount) {
        super(inputTokenCount, outputTokenCount, totalTokenCount);
        this.cachedInputTokenCount = cachedInputTokenCount;
    }

    /** How many of the prompt's tokens needed no work. */
    public int cachedInputTokenCount() {
        return cachedInputTokenCount;
    }

    @Override
    public CaravanTokenUsage add(@Nullable TokenUsage that) {
        if (that == null) {
            return this;
        }
        int thatCached = that instanceof CaravanTokenUsage usage ? usage.cachedInputTokenCount : 0;
        return new CaravanTokenUsage(
                sum(inputTokenCount(), that.inputTokenCount()),
                cachedInputTokenCount + thatCached,
                sum(outputTokenCount(), that.outputTokenCount()),
                sum(totalTokenCount(), that.totalTokenCount()));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return super.equals(other)
                && other instanceof CaravanTokenUsage that
                && cachedInputTokenCount == that.cachedInputTokenCount;
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), cachedInputTokenCount);
    }

    @Override
    public String toString() {
        return "CaravanTokenUsage{inputTokenCount=%s, cachedInputTokenCount=%d, outputTokenCount=%s}"
                .formatted(inputTokenCount(), cachedInputTokenCount, outputTokenCount());
    }
}
