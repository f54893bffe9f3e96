package dev.caravan.engine.generate;

import dev.caravan.engine.generate.Generation.FinishReason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the scheduler has to say to one caller, and the caller's side of it: listeners and {@code cancelled} are called on
 * the caller's thread, so that a slow one holds up no other request. The queue between is bounded by the answers'
 * lengths.
 */
final class Delivery {

    /** How often a caller that hears nothing looks whether it was cancelled. */
    private static final long LOOK_MILLIS = 20;

    /** One step of an answer. */
    sealed interface Event {}

    /**
     * A token was drawn.
     *
     * @param text what may be shown now, perhaps nothing
     * @param completionTokens the answer's tokens so far
     */
    record Token(String text, @Nullable TokenLogprobs logprobs, int completionTokens) implements Event {}

    /**
     * An answer ended.
     *
     * @param text what was held back
     */
    record End(String text, FinishReason reason, int completionTokens) implements Event {}

    /** An answer ended with an exception. */
    record Failure(Throwable cause) implements Event {}

    private record Posted(Answer answer, Event event) {}

    /** An answer as its caller has heard it. */
    private static final class Heard {
        private final Answer answer;
        private final GenerationListener listener;
        private final StringBuilder text = new StringBuilder();
        private final List<TokenLogprobs> logprobs = new ArrayList<>();
        private int completionTokens;
        private @Nullable FinishReason reason;

        Heard(Answer answer, GenerationListener listener) {
            this.answer = answer;
            this.listener = listener;
        }

        void hear(Event event) {
            switch (event) {
                case Token(String piece, TokenLogprobs tokenLogprobs, int tokens) -> {
                    completionTokens = tokens;
                    if (tokenLogprobs != null) {
                        logprobs.add(tokenLogprobs);
                        listener.onLogprobs(tokenLogprobs);
                    }
                    emit(piece);
                }
                case End(String rest, FinishReason finishReason, int tokens) -> {
                    completionTokens = tokens;
                    emit(rest);
                    reason = finishReason;
                }
                case Failure(Throwable cause) -> throw unchecked(cause);
            }
        }

        private void emit(String piece) {
            if (!piece.isEmpty()) {
                text.append(piece);
                listener.onText(piece);
            }
        }

        Generation generation(FinishReason finishReason) {
            return new Generation(
                    text.toString(),
                    answer.request().promptTokens().length,
                    answer.cachedPromptTokens(),
                    completionTokens,
                    finishReason,
                    logprobs);
        }
    }

    private final LinkedBlockingQueue<Posted> queue = new LinkedBlockingQueue<>();

    /** Called by the scheduler. */
    void post(Answer answer, Event event) {
        queue.add(new Posted(answer, event));
    }

    /**
     * Hears the answers to their ends on the calling thread. An interrupt cancels those that have not ended.
     *
     * @param answers in the order of the results; all of them post here
     * @throws RuntimeException what the scheduler, a constraint or a listener threw
     */
    List<Generation> hear(List<Answer> answers, List<? extends GenerationListener> listeners) {
        List<Heard> all = new ArrayList<>();
        for (int i = 0; i < answers.size(); i++) {
            all.add(new Heard(answers.get(i), listeners.get(i)));
        }
        int open = all.size();
        while (open > 0) {
            open -= cancel(all);
            Posted posted = open > 0 ? await() : null;
            if (posted != null) {
                Heard heard = all.get(answers.indexOf(posted.answer));
                if (heard.reason == null) {
                    heard.hear(posted.event);
                    open -= heard.reason == null ? 0 : 1;
                }
            } else if (Thread.currentThread().isInterrupted()) {
                break;
            }
        }
        return all.stream()
                .map(heard -> heard.generation(heard.reason == null ? FinishReason.CANCELLED : heard.reason))
                .toList();
    }

    /** Ends those that were cancelled and returns how many. */
    private static int cancel(List<Heard> all) {
        int ended = 0;
        for (Heard heard : all) {
            if (heard.reason == null && heard.answer.request().cancelled().getAsBoolean()) {
                heard.reason = FinishReason.CANCELLED;
                heard.answer.abandon();
                ended++;
            }
        }
        return ended;
    }

    private @Nullable Posted await() {
        try {
            return queue.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException interruption) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    private static RuntimeException unchecked(Throwable cause) {
        return switch (cause) {
            case RuntimeException exception -> exception;
            case Error error -> throw error;
            default -> new IllegalStateException(cause);
        };
    }
}
