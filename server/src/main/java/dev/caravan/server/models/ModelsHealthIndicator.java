package dev.caravan.server.models;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;

/**
 * Part of the readiness: UP once questions can be asked, which is when the chat model has been loaded or none is wanted.
 * A model that failed stays DOWN; the page and {@code /api/system} say why.
 */
@Component("models")
class ModelsHealthIndicator implements HealthIndicator {

    private final ModelRegistry registry;

    ModelsHealthIndicator(ModelRegistry registry) {
        this.registry = registry;
    }

    @Override
    public Health health() {
        Health.Builder health = switch (registry.chatState().status()) {
            case READY, NONE -> encoderHealth();
            case LOADING -> Health.outOfService();
            case FAILED -> Health.down();
        };
        return health.build();
    }

    private Health.Builder encoderHealth() {
        return registry.encoderState().status() == ModelState.Status.LOADING ? Health.outOfService() : Health.up();
    }
}
