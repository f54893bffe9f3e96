package dev.caravan.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WorkerPoolTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void runsEveryTaskOnce(int threads) {
        try (WorkerPool pool = new WorkerPool(threads)) {
            for (int tasks : new int[] {0, 1, 2, 3, 100, 5000}) {
                AtomicIntegerArray runs = new AtomicIntegerArray(tasks);
                pool.run(tasks, runs::incrementAndGet);
                for (int i = 0; i < tasks; i++) {
                    assertThat(runs.get(i)).isEqualTo(1);
                }
            }
        }
    }

    @Test
    void whatTasksWroteIsSeenByTheCaller() {
        try (WorkerPool pool = new WorkerPool(4)) {
            int[] values = new int[64];
            for (int round = 1; round < 20_000; round++) {
                int written = round;
                pool.run(values.length, i -> values[i] = written);
                for (int value : values) {
                    assertThat(value).isEqualTo(round);
                }
            }
        }
    }

    @Test
    void callerAndWorkersShareTheWork() throws InterruptedException {
        try (WorkerPool pool = new WorkerPool(3)) {
            Set<Thread> threads = ConcurrentHashMap.newKeySet();
            CountDownLatch allHere = new CountDownLatch(3);
            pool.run(3, i -> {
                threads.add(Thread.currentThread());
                allHere.countDown();
                awaitUninterrupted(allHere);
            });
            assertThat(threads).hasSize(3).contains(Thread.currentThread());
        }
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    @Test
    void aTasksExceptionReachesTheCallerAndTheOthersFinish() {
        try (WorkerPool pool = new WorkerPool(2)) {
            AtomicInteger finished = new AtomicInteger();
            assertThatThrownBy(() -> pool.run(100, i -> {
                        if (i == 17) {
                            throw new IllegalStateException("task 17");
                        }
                        finished.incrementAndGet();
                    }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("task 17");
            assertThat(finished).hasValue(99);
            pool.run(10, i -> finished.incrementAndGet());
            assertThat(finished).hasValue(109);
        }
    }

    @Test
    void callsFromInsideATaskRun() {
        try (WorkerPool pool = new WorkerPool(2)) {
            AtomicInteger runs = new AtomicInteger();
            pool.run(20, i -> pool.run(5, j -> runs.incrementAndGet()));
            assertThat(runs).hasValue(100);
        }
    }

    @Test
    void callersOfSeveralThreadsTakeTurns() throws InterruptedException {
        try (WorkerPool pool = new WorkerPool(2)) {
            AtomicInteger runs = new AtomicInteger();
            List<Thread> callers = new ArrayList<>();
            for (int c = 0; c < 6; c++) {
                callers.add(Thread.ofVirtual().start(() -> {
                    for (int i = 0; i < 500; i++) {
                        pool.run(4, j -> runs.incrementAndGet());
                    }
                }));
            }
            for (Thread caller : callers) {
                caller.join();
            }
            assertThat(runs).hasValue(6 * 500 * 4);
        }
    }

    @Test
    void anInterruptIsKeptAndTheWorkFinished() {
        try (WorkerPool pool = new WorkerPool(2)) {
            AtomicInteger runs = new AtomicInteger();
            Thread.currentThread().interrupt();
            pool.run(1000, i -> runs.incrementAndGet());
            assertThat(Thread.interrupted()).isTrue();
            assertThat(runs).hasValue(1000);
        }
    }

    @Test
    void anIdlePoolBurnsNoProcessorTime() throws InterruptedException {
        var threads = ManagementFactory.getThreadMXBean();
        Set<Long> workers = ConcurrentHashMap.newKeySet();
        try (WorkerPool pool = new WorkerPool(3)) {
            CountDownLatch allHere = new CountDownLatch(3);
            pool.run(3, i -> {
                workers.add(Thread.currentThread().threadId());
                allHere.countDown();
                awaitUninterrupted(allHere);
            });
            workers.remove(Thread.currentThread().threadId());
            TimeUnit.MILLISECONDS.sleep(100);
            long before = workers.stream().mapToLong(threads::getThreadCpuTime).sum();
            TimeUnit.MILLISECONDS.sleep(500);
            long burnt = workers.stream().mapToLong(threads::getThreadCpuTime).sum() - before;
            assertThat(TimeUnit.NANOSECONDS.toMillis(burnt)).isLessThan(20);
        }
    }

    @Test
    void closedPoolsRefuseWorkAndEndTheirThreads() throws InterruptedException {
        WorkerPool pool = new WorkerPool(2);
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        CountDownLatch allHere = new CountDownLatch(2);
        pool.run(2, i -> {
            threads.add(Thread.currentThread());
            allHere.countDown();
            awaitUninterrupted(allHere);
        });
        pool.close();
        assertThatThrownBy(() -> pool.run(2, i -> {})).isInstanceOf(IllegalStateException.class);
        threads.remove(Thread.currentThread());
        for (Thread worker : threads) {
            worker.join(10_000);
            assertThat(worker.isAlive()).isFalse();
        }
    }

    @Test
    void refusesNoThreads() {
        assertThatThrownBy(() -> new WorkerPool(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
