package dev.caravan.engine.generate;

import static dev.caravan.engine.generate.TinyModel.SILENT;
import static dev.caravan.engine.generate.TinyModel.generate;
import static dev.caravan.engine.generate.TinyModel.greedy;
import static dev.caravan.engine.generate.TinyModel.prompt;
import static dev.caravan.engine.generate.TinyModel.whenIdle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.QueueFullException;
import dev.caravan.engine.generate.Generation.FinishReason;
import dev.caravan.engine.kernel.KernelProvider;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What callers do to each other: nothing. */
@Timeout(60)
class BatchSchedulerCallersTest {
    private static final int CONTEXT = 2000;

    private TinyModel model;
    private BatchScheduler scheduler;

    @BeforeEach
    void open() {
        model = new TinyModel("llama", KernelProvider.scalar());
        scheduler = model.scheduler(CONTEXT, 100, 2);
    }

    @AfterEach
    void close() {
        scheduler.close();
        model.close();
    }

    /** An answer that never ends by itself. */
    private GenerationRequest endless(int number, BooleanSupplier cancelled) {
        return new GenerationRequest(
                prompt(number, 30), SamplingParameters.GREEDY, CONTEXT, List.of(), cancelled, this::forbidEnd);
    }

    private void forbidEnd(int[] generated, int count, float[] logits) {
        model.tokenizer.endTokens().forEach(token -> logits[token] = Float.NEGATIVE_INFINITY);
    }

    /** Takes all places until it is released; the scheduler's thread waits inside a draw. */
    private Thread occupy(CountDownLatch entered, CountDownLatch released) {
        GenerationRequest request = new GenerationRequest(
                prompt(9, 3), SamplingParameters.GREEDY, 1, List.of(), () -> false, (generated, count, logits) -> {
                    entered.countDown();
                    awaitQuietly(released);
                });
        return Thread.ofVirtual().start(() -> generate(scheduler, request));
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interruption) {
            throw new IllegalStateException(interruption);
        }
    }

    @Test
    void aCancelledAnswerGivesItsPagesBack() {
        int[] heard = {0};
        Generation generation = scheduler
                .generate(List.of(endless(0, () -> heard[0] >= 3)), List.of(text -> heard[0]++))
                .getFirst();
        assertThat(generation.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(heard[0]).isEqualTo(3);
        assertThat(whenIdle(scheduler).usedPages()).isZero();
    }

    @Test
    void anAnswerIsCancelledBeforeItBegan() {
        Generation generation = generate(scheduler, endless(0, () -> true));
        assertThat(generation.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(generation.text()).isEmpty();
        assertThat(generation.completionTokens()).isZero();
        assertThat(whenIdle(scheduler).usedPages()).isZero();
    }

    @Test
    void anAnswerIsCancelledWhileItWaits() throws InterruptedException {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        Thread occupant = occupy(entered, released);
        entered.await();
        int[] asked = {0};
        // The scheduler's thread is held up: the caller returns by itself.
        Generation generation = generate(scheduler, endless(1, () -> ++asked[0] > 3));
        assertThat(generation.finishReason()).isEqualTo(FinishReason.CANCELLED);
        released.countDown();
        occupant.join();
        assertThat(whenIdle(scheduler).usedPages()).isZero();
    }

    @Test
    void anInterruptedCallerGetsWhatThereIs() throws InterruptedException {
        CountDownLatch heard = new CountDownLatch(1);
        AtomicReference<Generation> result = new AtomicReference<>();
        Thread caller = Thread.ofPlatform()
                .start(() -> result.set(scheduler
                        .generate(List.of(endless(0, () -> false)), List.of(text -> heard.countDown()))
                        .getFirst()));
        heard.await();
        caller.interrupt();
        caller.join();
        assertThat(result.get().finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(whenIdle(scheduler).usedPages()).isZero();
    }

    @Test
    void aListenerThatThrowsEndsItsOwnAnswerOnly() throws InterruptedException {
        AtomicBoolean isCancelled = new AtomicBoolean();
        CountDownLatch heardByOther = new CountDownLatch(20);
        AtomicReference<Generation> other = new AtomicReference<>();
        Thread caller = Thread.ofVirtual()
                .start(() -> other.set(scheduler
                        .generate(List.of(endless(1, isCancelled::get)), List.of(text -> heardByOther.countDown()))
                        .getFirst()));
        GenerationListener broken = text -> {
            throw new UnsupportedOperationException("full disk");
        };
        assertThatThrownBy(() -> scheduler.generate(List.of(endless(0, () -> false)), List.of(broken)))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("full disk");
        heardByOther.await();
        isCancelled.set(true);
        caller.join();
        assertThat(other.get().text()).isNotEmpty();
        assertThat(whenIdle(scheduler).usedPages()).isZero();
    }

    @Test
    void aConstraintThatThrowsEndsItsOwnAnswerOnly() {
        GenerationRequest broken = new GenerationRequest(
                prompt(1, 10), SamplingParameters.GREEDY, 50, List.of(), () -> false, (generated, count, logits) -> {
                    if (count == 4) {
                        throw new IllegalStateException("no token is left");
                    }
                });
        int[] heard = {0};
        assertThatThrownBy(() -> scheduler.generate(
                        List.of(endless(0, () -> false), broken), List.of(text -> heard[0]++, SILENT)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no token is left");
        assertThat(whenIdle(scheduler).usedPages()).isZero();
        Generation next = generate(scheduler, greedy(prompt(1, 10), 5));
        assertThat(next.completionTokens()).isPositive();
    }

    @Test
    void aSlowListenerDoesNotDelayAnother() throws InterruptedException {
        CountDownLatch isHeld = new CountDownLatch(1);
        CountDownLatch otherEnded = new CountDownLatch(1);
        AtomicReference<Generation> slow = new AtomicReference<>();
        Thread caller = Thread.ofVirtual()
                .start(() -> slow.set(scheduler
                        .generate(List.of(greedy(prompt(0, 30), 60)), List.of(text -> {
                            isHeld.countDown();
                            awaitQuietly(otherEnded);
                        }))
                        .getFirst()));
        isHeld.await();
        generate(scheduler, greedy(prompt(1, 30), 60));
        otherEnded.countDown();
        caller.join();
        assertThat(slow.get().text())
                .isEqualTo(generate(scheduler, greedy(prompt(0, 30), 60)).text());
    }

    @Test
    void listenersAreCalledOnTheThreadThatAsked() {
        Thread here = Thread.currentThread();
        List<Thread> threads = new ArrayList<>();
        scheduler.generate(List.of(greedy(prompt(0, 30), 20)), List.of(text -> threads.add(Thread.currentThread())));
        assertThat(threads).isNotEmpty().containsOnly(here);
    }

    @Test
    void theRequestBehindAFullQueueIsRefused() throws InterruptedException {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        List<Thread> callers = new ArrayList<>();
        callers.add(occupy(entered, released));
        entered.await();
        // Two places, one taken, and the queue.
        CountDownLatch asked = new CountDownLatch(BatchScheduler.MAX_WAITING + 1);
        for (int i = 0; i <= BatchScheduler.MAX_WAITING; i++) {
            int number = i;
            callers.add(Thread.ofVirtual().start(() -> {
                AtomicBoolean isFirst = new AtomicBoolean(true);
                BooleanSupplier countOnce = () -> {
                    if (isFirst.getAndSet(false)) {
                        asked.countDown();
                    }
                    return false;
                };
                generate(
                        scheduler,
                        new GenerationRequest(prompt(number, 5), SamplingParameters.GREEDY, 2, List.of(), countOnce));
            }));
        }
        asked.await();
        assertThatThrownBy(() -> generate(scheduler, greedy(prompt(0, 3), 1)))
                .isInstanceOf(QueueFullException.class)
                .hasMessageContaining("busy");
        released.countDown();
        for (Thread caller : callers) {
            caller.join();
        }
        assertThat(generate(scheduler, greedy(prompt(0, 3), 1)).completionTokens())
                .isEqualTo(1);
    }

    @Test
    void answersBeginInTheOrderOfArrival() {
        List<Integer> order = Collections.synchronizedList(new ArrayList<>());
        List<GenerationRequest> requests = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            int number = i;
            requests.add(new GenerationRequest(
                    prompt(i, 5), SamplingParameters.GREEDY, 3, List.of(), () -> false, (generated, count, logits) -> {
                        forbidEnd(generated, count, logits);
                        if (count == 2) {
                            order.add(number / 2);
                        }
                    }));
        }
        TinyModel.together(scheduler, requests);
        assertThat(order).containsExactly(0, 0, 1, 1, 2, 2, 3, 3, 4, 4);
    }

    @Test
    void closingEndsWhatRunsAndRefusesWhatWaits() throws InterruptedException {
        CountDownLatch running = new CountDownLatch(2);
        List<FinishReason> ends = Collections.synchronizedList(new ArrayList<>());
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            GenerationRequest request = endless(i, () -> false);
            AtomicBoolean isFirst = new AtomicBoolean(true);
            callers.add(Thread.ofVirtual()
                    .start(() -> ends.add(scheduler
                            .generate(List.of(request), List.of(text -> {
                                if (isFirst.getAndSet(false)) {
                                    running.countDown();
                                }
                            }))
                            .getFirst()
                            .finishReason())));
        }
        running.await();
        CountDownLatch refused = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        BooleanSupplier noteAsked = () -> {
            asked.countDown();
            return false;
        };
        callers.add(Thread.ofVirtual().start(() -> {
            try {
                generate(scheduler, endless(3, noteAsked));
            } catch (IllegalStateException closed) {
                refused.countDown();
            }
        }));
        asked.await();
        scheduler.close();
        refused.await();
        for (Thread caller : callers) {
            caller.join();
        }
        assertThat(ends).containsExactly(FinishReason.CANCELLED, FinishReason.CANCELLED);
        assertThatThrownBy(() -> generate(scheduler, greedy(prompt(0, 3), 1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }
}
