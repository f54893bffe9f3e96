package dev.caravan.engine.generate;

import dev.caravan.engine.AdapterClosedException;
import dev.caravan.engine.layer.BoundAdapter;
import dev.caravan.engine.model.Decoder;

/**
 * The adapter that a request is answered with.
 *
 * @param scale what everything that the adapter adds is multiplied by: 1 as it was trained, 0 the bare base
 */
public record AdapterChoice(ServedAdapter adapter, float scale) {

    public AdapterChoice {
        if (!Float.isFinite(scale)) {
            throw new IllegalArgumentException("an adapter's scale must be a finite number, got " + scale);
        }
    }

    /**
     * Checks it for a new request.
     *
     * @throws IllegalArgumentException if the adapter was loaded for another model
     * @throws AdapterClosedException if it is out of service
     */
    void requireServedBy(Decoder decoder) {
        if (!adapter.isOf(decoder)) {
            throw new IllegalArgumentException(
                    "the adapter %s was loaded for another model; load it with the model that answers"
                            .formatted(adapter.name()));
        }
        if (adapter.isClosed()) {
            throw new AdapterClosedException(adapter.name());
        }
    }

    BoundAdapter bound() {
        return new BoundAdapter(adapter.weights(), scale);
    }
}
