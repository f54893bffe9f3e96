package dev.caravan.server.chat;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Bounds of chat completions.
 *
 * @param maxAnswers answers under way and waiting together; one more is refused with 429
 * @param heartbeat how often a silent connection is written to, and so how soon a client that left is noticed
 */
@ConfigurationProperties("caravan.chat")
record ChatProperties(
        @DefaultValue("16") int maxAnswers,
        @DefaultValue("500ms") Duration heartbeat) {

    ChatProperties {
        if (maxAnswers < 1 || maxAnswers > 64) {
            throw new IllegalArgumentException("caravan.chat.max-answers must be from 1 to 64");
        }
        if (heartbeat.toMillis() < 50 || heartbeat.toSeconds() > 60) {
            throw new IllegalArgumentException("caravan.chat.heartbeat must be from 50ms to 60s");
        }
    }
}
