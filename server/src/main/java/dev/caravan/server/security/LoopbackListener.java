package dev.caravan.server.security;

import dev.caravan.server.config.CaravanProperties;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.server.servlet.ConfigurableServletWebServerFactory;
import org.springframework.stereotype.Component;

/** Makes the server listen on the loopback interface, or not at all. */
@Component
final class LoopbackListener implements WebServerFactoryCustomizer<ConfigurableServletWebServerFactory> {

    private final CaravanProperties properties;

    LoopbackListener(CaravanProperties properties) {
        this.properties = properties;
    }

    @Override
    public void customize(ConfigurableServletWebServerFactory factory) {
        factory.setAddress(properties.listenAddress());
    }
}
