package dev.caravan.engine.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KvPagePoolTest {
    private static final int LAYERS = 2;
    private static final int HEADS = 3;
    private static final int HEAD_SIZE = 4;
    private static final KvPagePool.Shape SHAPE = new KvPagePool.Shape(LAYERS, HEADS, HEAD_SIZE, KvCacheType.F16);
    private static final int PAGE = KvPagePool.PAGE_TOKENS;
    private static final int OPERATIONS = 1000;
    private static final Kernels KERNELS = KernelProvider.scalar();

    /** A sequence in the simplest form: what was written at each position. */
    private static final class Model {
        private final KvCache cache;
        private final List<Integer> marks;

        Model(KvCache cache, List<Integer> marks) {
            this.cache = cache;
            this.marks = marks;
        }
    }

    /** A value that F16 holds exactly, another one for each place. */
    private static float value(int mark, int layer, int index, boolean isValue) {
        return mark + layer * 0.25f + index * 0.0625f * (isValue ? -1 : 1);
    }

    private static void write(Model sequence, int mark) {
        int position = sequence.marks.size();
        sequence.marks.add(mark);
        for (int layer = 0; layer < LAYERS; layer++) {
            float[] keys = new float[HEADS * HEAD_SIZE];
            float[] values = new float[HEADS * HEAD_SIZE];
            for (int i = 0; i < keys.length; i++) {
                keys[i] = value(mark, layer, i, false);
                values[i] = value(mark, layer, i, true);
            }
            sequence.cache.write(layer, position, keys, values, 0);
        }
    }

    private static void assertHoldsItsMarks(Model sequence) {
        AttentionScratch scratch = new AttentionScratch.Pool(KERNELS, HEAD_SIZE).take();
        float[] keys = new float[PAGE * HEAD_SIZE];
        float[] values = new float[PAGE * HEAD_SIZE];
        for (int start = 0; start < sequence.marks.size(); start += PAGE) {
            int count = Math.min(PAGE, sequence.marks.size() - start);
            for (int unit = 0; unit < LAYERS * HEADS; unit++) {
                int layer = unit / HEADS;
                int head = unit % HEADS;
                KvPagePool.Rows keyRows = new KvPagePool.Rows(keys, 0, HEAD_SIZE);
                KvPagePool.Rows valueRows = new KvPagePool.Rows(values, 0, HEAD_SIZE);
                sequence.cache.readKeys(layer, head, start / PAGE, count, scratch, keyRows);
                sequence.cache.readValues(layer, head, start / PAGE, count, scratch, valueRows);
                for (int i = 0; i < count * HEAD_SIZE; i++) {
                    int mark = sequence.marks.get(start + i / HEAD_SIZE);
                    int index = head * HEAD_SIZE + i % HEAD_SIZE;
                    assertThat(keys[i]).isEqualTo(value(mark, layer, index, false));
                    assertThat(values[i]).isEqualTo(value(mark, layer, index, true));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void aThousandRandomOperationsEqualASimpleModel(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int maxPages = 12;
        try (KvPagePool pool = new KvPagePool(SHAPE, maxPages)) {
            List<Model> sequences = new ArrayList<>();
            int refusals = 0;
            for (int operation = 0; operation < OPERATIONS; operation++) {
                int choice = random.nextInt(10);
                if (choice < 2 || sequences.isEmpty()) {
                    sequences.add(new Model(new KvCache(pool), new ArrayList<>()));
                } else if (choice < 8) {
                    refusals += append(sequences.get(random.nextInt(sequences.size())), random) ? 0 : 1;
                } else if (choice == 8) {
                    Model fork = fork(pool, sequences.get(random.nextInt(sequences.size())));
                    refusals += fork == null ? 1 : 0;
                    if (fork != null) {
                        sequences.add(fork);
                    }
                } else {
                    sequences.remove(random.nextInt(sequences.size())).cache.close();
                }
                assertCountsEqual(pool, maxPages, sequences);
            }
            sequences.forEach(KvPagePoolTest::assertHoldsItsMarks);
            assertThat(refusals).as("seed %d fills the pool", seed).isPositive();
            sequences.forEach(sequence -> sequence.cache.close());
            assertThat(pool.availablePages()).isEqualTo(maxPages);
        }
    }

    private static boolean append(Model sequence, SplittableRandom random) {
        int count = 1 + random.nextInt(PAGE);
        if (!sequence.cache.reserve(sequence.marks.size() + count)) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            write(sequence, random.nextInt(100));
        }
        return true;
    }

    /** As a fork does it: whole pages are shared, the last one is copied. */
    private static @Nullable Model fork(KvPagePool pool, Model source) {
        Model fork = new Model(new KvCache(pool), new ArrayList<>(source.marks));
        int whole = source.marks.size() / PAGE;
        for (int i = 0; i < whole; i++) {
            fork.cache.share(source.cache.page(i));
        }
        if (whole * PAGE < source.marks.size() && !fork.cache.copy(source.cache.page(whole))) {
            fork.cache.close();
            return null;
        }
        return fork;
    }

    private static void assertCountsEqual(KvPagePool pool, int maxPages, List<Model> sequences) {
        int[] holders = new int[maxPages];
        for (Model sequence : sequences) {
            for (int i = 0; i < sequence.cache.pageCount(); i++) {
                holders[sequence.cache.page(i)]++;
            }
        }
        int used = (int) IntStream.of(holders).filter(count -> count > 0).count();
        assertThat(pool.availablePages()).isEqualTo(maxPages - used);
        for (int page = 0; page < maxPages; page++) {
            if (holders[page] > 0) {
                assertThat(pool.references(page)).isEqualTo(holders[page]);
            }
        }
    }

    @Test
    void aPageOfEqualContentTakesTheOldOnesPlace() {
        try (KvPagePool pool = new KvPagePool(SHAPE, 2)) {
            KvCache first = new KvCache(pool);
            KvCache second = new KvCache(pool);
            assertThat(first.reserve(PAGE)).isTrue();
            assertThat(second.reserve(PAGE)).isTrue();
            second.replace(0, first.page(0));
            assertThat(pool.references(first.page(0))).isEqualTo(2);
            assertThat(pool.availablePages()).isEqualTo(1);
        }
    }

    @Test
    void aPageThatIsReleasedTwiceIsABug() {
        try (KvPagePool pool = new KvPagePool(SHAPE, 1)) {
            int page = pool.take();
            pool.release(page);
            assertThatThrownBy(() -> pool.release(page))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("more often");
        }
    }
}
