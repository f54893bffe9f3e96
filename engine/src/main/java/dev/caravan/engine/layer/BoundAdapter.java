package dev.caravan.engine.layer;

/**
 * An adapter as one sequence uses it.
 *
 * @param scale what everything that the adapter adds is multiplied by; 1 as it was trained
 */
public record BoundAdapter(LowRankAdapter adapter, float scale) {

    public BoundAdapter {
        if (!Float.isFinite(scale)) {
            throw new IllegalArgumentException("an adapter's scale must be a finite number, got " + scale);
        }
    }
}
