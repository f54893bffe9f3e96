package dev.caravan.server.chat;

import dev.caravan.server.chat.RunningAnswer.Event;
import dev.caravan.server.chat.RunningAnswer.Failed;
import dev.caravan.server.chat.RunningAnswer.Finished;
import dev.caravan.server.chat.RunningAnswer.Text;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries an answer's events to its writer until the last one, or until the client has gone. */
final class AnswerDelivery {

    private static final Logger log = LoggerFactory.getLogger(AnswerDelivery.class);

    private AnswerDelivery() {}

    /**
     * Delivers an answer on the calling thread.
     *
     * @param heartbeat the longest silence
     * @throws RuntimeException the answer's failure, if nothing of the answer was sent yet
     */
    static void deliver(RunningAnswer answer, AnswerWriter writer, Duration heartbeat) throws IOException {
        try {
            boolean isOver = false;
            while (!isOver) {
                isOver = write(answer, answer.next(heartbeat), writer);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            answer.cancel();
        } catch (IOException e) {
            log.debug("chat=client-gone", e);
            answer.cancel();
            awaitEnd(answer, heartbeat);
        }
    }

    /** Writes one event; true after the last. */
    private static boolean write(RunningAnswer answer, @Nullable Event event, AnswerWriter writer) throws IOException {
        return switch (event) {
            case null -> {
                writer.heartbeat();
                yield false;
            }
            case Text text -> {
                writer.text(text.text());
                yield false;
            }
            case Finished finished -> {
                writer.end(finished.answer(), answer.messageId());
                yield true;
            }
            case Failed failed -> {
                writer.fail(failed.failure());
                yield true;
            }
        };
    }

    /** Nobody reads any more; the request ends when the engine has, so that a stopped server waits for neither. */
    private static void awaitEnd(RunningAnswer answer, Duration patience) {
        try {
            Event event = answer.next(patience);
            while (!(event instanceof Finished) && !(event instanceof Failed)) {
                event = answer.next(patience);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
