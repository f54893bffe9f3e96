package dev.caravan.server;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;

/** Caravan's server: one process with the page, the HTTP interface, the jobs, the model and the database. */
@SpringBootApplication
@ConfigurationPropertiesScan
public class CaravanServer {

    public static void main(String[] arguments) {
        SpringApplication.run(CaravanServer.class, arguments);
    }
}
