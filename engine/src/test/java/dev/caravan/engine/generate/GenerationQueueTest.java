package dev.caravan.engine.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.QueueFullException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class GenerationQueueTest {
    private final GenerationQueue queue = new GenerationQueue();

    private void awaitWaiting(int count) {
        while (queue.waiting() < count) {
            Thread.onSpinWait();
        }
    }

    @Test
    void turnsComeInTheOrderOfArrival() throws InterruptedException {
        List<Integer> order = Collections.synchronizedList(new ArrayList<>());
        assertThat(queue.enter(() -> false)).isTrue();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int number = i;
            threads.add(Thread.ofVirtual().start(() -> {
                queue.enter(() -> false);
                order.add(number);
                queue.leave();
            }));
            awaitWaiting(i + 1);
        }
        queue.leave();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(order).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    }

    @Test
    void aCancelledRequestGivesUpItsPlace() throws InterruptedException {
        queue.enter(() -> false);
        AtomicBoolean cancelled = new AtomicBoolean();
        AtomicBoolean entered = new AtomicBoolean(true);
        Thread waiting = Thread.ofVirtual().start(() -> entered.set(queue.enter(cancelled::get)));
        awaitWaiting(1);
        cancelled.set(true);
        waiting.join();
        assertThat(entered).isFalse();
        assertThat(queue.waiting()).isZero();
        queue.leave();
        assertThat(queue.enter(() -> false)).isTrue();
    }

    @Test
    void theRequestBehindAFullQueueIsRefused() throws InterruptedException {
        queue.enter(() -> false);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < GenerationQueue.MAX_WAITING; i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                queue.enter(() -> false);
                queue.leave();
            }));
        }
        awaitWaiting(GenerationQueue.MAX_WAITING);
        assertThatThrownBy(() -> queue.enter(() -> false))
                .isInstanceOf(QueueFullException.class)
                .hasMessageContaining("busy");
        queue.leave();
        for (Thread thread : threads) {
            thread.join();
        }
    }

    @Test
    void closingWaitsForTheRunningAndRefusesTheWaiting() throws InterruptedException {
        queue.enter(() -> false);
        CountDownLatch refused = new CountDownLatch(1);
        Thread.ofVirtual().start(() -> {
            try {
                queue.enter(() -> false);
            } catch (IllegalStateException closed) {
                refused.countDown();
            }
        });
        awaitWaiting(1);
        Thread closing = Thread.ofVirtual().start(queue::close);
        refused.await();
        assertThat(closing.isAlive()).isTrue();
        queue.leave();
        closing.join();
        assertThatThrownBy(() -> queue.enter(() -> false)).isInstanceOf(IllegalStateException.class);
    }
}
