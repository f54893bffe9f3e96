package dev.caravan.server;

import org.junit.jupiter.api.Test;
import org.springframework.modulith.core.ApplicationModules;

/** Goal: features meet only through their public types and without cycles. Method: Spring Modulith's verification. */
final class ModularityTest {

    @Test
    void featuresMeetOnlyThroughTheirPublicTypes() {
        ApplicationModules.of(CaravanServer.class).verify();
    }
}
