package dev.caravan.engine.layer;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an adapter adds to a decoder's linear layers, ready to be computed beside them; the base's weights stay as they
 * are. Immutable and thread-safe. Two are equal if they are the same object.
 */
public final class LowRankAdapter {
    private final List<Map<Projection, LowRankLinear>> layers;
    private final long bytes;

    /** @param layers for every layer of the decoder what is added to which of its projections */
    public LowRankAdapter(List<Map<Projection, LowRankLinear>> layers) {
        List<Map<Projection, LowRankLinear>> copies = new ArrayList<>();
        long sum = 0;
        for (Map<Projection, LowRankLinear> layer : layers) {
            Map<Projection, LowRankLinear> copy = new EnumMap<>(Projection.class);
            copy.putAll(layer);
            copies.add(copy);
            sum += copy.values().stream().mapToLong(LowRankLinear::bytes).sum();
        }
        this.layers = List.copyOf(copies);
        this.bytes = sum;
    }

    /** What is added to a projection of a layer, or null. */
    @Nullable
    LowRankLinear at(int layer, Projection projection) {
        return layers.get(layer).get(projection);
    }

    /** The bytes of all matrices. */
    public long bytes() {
        return bytes;
    }
}
