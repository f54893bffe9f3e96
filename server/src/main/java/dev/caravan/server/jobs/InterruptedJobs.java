package dev.caravan.server.jobs;

import dev.caravan.server.config.CaravanProperties;
import dev.caravan.server.database.SqlStatements;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Gives the jobs of a server that was killed to this one at once. The embedded database has one server at a time, so a job
 * that is taken at the start was taken by a dead one. An external database waits for the missing heartbeats instead.
 */
@Component
class InterruptedJobs implements InitializingBean {

    private static final Logger log = LoggerFactory.getLogger(InterruptedJobs.class);

    private final JdbcClient jdbc;
    private final CaravanProperties properties;

    InterruptedJobs(JdbcClient jdbc, CaravanProperties properties) {
        this.jdbc = jdbc;
        this.properties = properties;
    }

    /** Runs while the beans are made, and so before the scheduler starts. */
    @Override
    public void afterPropertiesSet() {
        if (properties.hasExternalDatabase()) {
            return;
        }
        int released =
                jdbc.sql(SqlStatements.of("jobs").get("release-interrupted")).update();
        if (released > 0) {
            log.info("jobs=released count={}", released);
        }
    }
}
