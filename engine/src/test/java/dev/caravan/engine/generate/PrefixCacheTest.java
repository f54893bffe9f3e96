package dev.caravan.engine.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.layer.KvCacheType;
import dev.caravan.engine.layer.KvPagePool;
import dev.caravan.engine.layer.LowRankAdapter;
import dev.caravan.engine.model.TinyDecoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is found, what is counted and what goes first; the contents are compared by {@link BatchSchedulerTest}. */
class PrefixCacheTest {
    private static final int PAGE = KvPagePool.PAGE_TOKENS;
    private static final int PAGES = 40;

    private final KvPagePool pool = new KvPagePool(new KvPagePool.Shape(1, 1, 2, KvCacheType.F16), PAGES);
    private final PrefixCache prefixes = new PrefixCache(pool);

    @AfterEach
    void close() {
        pool.close();
    }

    private Sequence sequence(int[] tokens) {
        return new Sequence(tokens, 10, pool, prefixes);
    }

    private void feed(Sequence sequence, int tokens) {
        while (!sequence.cache.reserve(sequence.fed + tokens)) {
            assertThat(prefixes.evict()).isTrue();
        }
        sequence.fed += tokens;
        prefixes.remember(sequence, false);
    }

    /** A sequence that was computed and ended. */
    private void compute(int[] tokens) {
        Sequence sequence = sequence(tokens);
        prefixes.extend(sequence);
        feed(sequence, sequence.pending());
        sequence.release();
    }

    private int found(int[] tokens) {
        Sequence sequence = sequence(tokens);
        int found = prefixes.extend(sequence);
        assertThat(sequence.fed).isEqualTo(found);
        sequence.release();
        return found;
    }

    private static int[] tokens(int first, int length) {
        int[] tokens = new int[length];
        Arrays.setAll(tokens, i -> first + i);
        return tokens;
    }

    private static int common(int[] first, int[] second) {
        int mismatch = Arrays.mismatch(first, second);
        return mismatch < 0 ? first.length : mismatch;
    }

    @Test
    void equalHashesAreNotEqualTokens() {
        int[] first = tokens(0, PAGE + 1);
        int[] second = first.clone();
        // Arrays.hashCode weighs neighbours with 31 and 1.
        second[10] += 1;
        second[11] -= 31;
        assertThat(Arrays.hashCode(Arrays.copyOf(first, PAGE))).isEqualTo(Arrays.hashCode(Arrays.copyOf(second, PAGE)));
        compute(first);
        assertThat(found(second)).isEqualTo(10);
        compute(second);
        assertThat(found(first)).isEqualTo(PAGE);
        assertThat(found(second)).isEqualTo(PAGE);
    }

    @Test
    void equalBlocksAfterOtherBlocksAreNotShared() {
        int[] first = tokens(0, 2 * PAGE + 1);
        int[] second = first.clone();
        second[0] = 7777;
        compute(first);
        assertThat(found(second)).isZero();
    }

    @Test
    void fullBlocksAreSharedAndTheRestIsCopied() {
        compute(tokens(0, 2 * PAGE + 20));
        int before = pool.availablePages();
        Sequence again = sequence(tokens(0, 2 * PAGE + 20));
        assertThat(prefixes.extend(again)).isEqualTo(2 * PAGE + 19);
        assertThat(before - pool.availablePages()).isEqualTo(1);
        assertThat(pool.references(again.cache.page(0))).isEqualTo(2);
        assertThat(pool.references(again.cache.page(2))).isEqualTo(1);
        again.release();
        assertThat(pool.availablePages()).isEqualTo(before);
    }

    @Test
    void whatTwoComputedAtTheSameTimeIsKeptOnce() {
        Sequence first = sequence(tokens(0, PAGE + 5));
        Sequence second = sequence(tokens(0, PAGE + 5));
        feed(first, PAGE);
        feed(second, PAGE);
        assertThat(second.cache.page(0)).isEqualTo(first.cache.page(0));
        assertThat(PAGES - pool.availablePages()).isEqualTo(1);
        first.release();
        second.release();
        assertThat(prefixes.pages()).isEqualTo(1);
    }

    @Test
    void theLeastRecentlyUsedGoesFirstAndFromItsEnd() {
        compute(tokens(0, 2 * PAGE));
        compute(tokens(1000, 2 * PAGE));
        assertThat(found(tokens(0, 2 * PAGE + 1))).isEqualTo(2 * PAGE);
        assertThat(prefixes.pages()).isEqualTo(4);
        assertThat(prefixes.evict()).isTrue();
        assertThat(prefixes.pages()).isEqualTo(3);
        assertThat(found(tokens(0, 2 * PAGE + 1))).isEqualTo(2 * PAGE);
        assertThat(found(tokens(1000, 2 * PAGE + 1))).isEqualTo(PAGE);
    }

    @Test
    void whatASequenceHoldsIsNotEvicted() {
        Sequence running = sequence(tokens(0, PAGE + 1));
        feed(running, PAGE);
        assertThat(prefixes.evict()).isFalse();
        running.release();
        assertThat(prefixes.evict()).isTrue();
        assertThat(prefixes.evict()).isFalse();
        assertThat(pool.availablePages()).isEqualTo(PAGES);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void theLongestCommonBeginningIsFoundWhileNothingIsEvicted(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<int[]> computed = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            int[] tokens = tokens(0, 1 + random.nextInt(3 * PAGE));
            if (!computed.isEmpty() && random.nextInt(4) > 0) {
                tokens[random.nextInt(tokens.length)] = -1 - i;
            }
            int longest = computed.stream()
                    .mapToInt(other -> Math.min(common(tokens, other), tokens.length - 1))
                    .max()
                    .orElse(0);
            assertThat(found(tokens)).as("seed %d, sequence %d", seed, i).isEqualTo(longest);
            compute(tokens);
            computed.add(tokens);
        }
    }

    /** Sequences with and without adapters, which come and go; what is found was fed with the same adapter and scale. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void noPageIsMixedUpOrLostWhileAdaptersComeAndGo(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<AdapterChoice> choices = new ArrayList<>(List.of(choice("a", 1), choice("a", 2), choice("b", 1)));
        List<Sequence> running = new ArrayList<>();
        List<List<Integer>> fedInto = new ArrayList<>();
        for (int operation = 0; operation < 1000; operation++) {
            int what = random.nextInt(20);
            if (what == 0) {
                int left = random.nextInt(choices.size());
                ServedAdapter adapter = choices.get(left).adapter();
                adapter.close();
                prefixes.drop(adapter.hash());
                choices.set(left, choice(adapter.hash(), choices.get(left).scale()));
            } else if (running.size() < 6 && what < 7) {
                int[] tokens = tokens(1000 * random.nextInt(2), 1 + random.nextInt(3 * PAGE));
                int pick = random.nextInt(4);
                AdapterChoice choice = pick == 3 ? null : choices.get(pick);
                Sequence sequence = new Sequence(tokens, 10, pool, prefixes, choice);
                int found = prefixes.extend(sequence);
                if (found > 0) {
                    assertThat(fedInto).anyMatch(key -> key.equals(List.of(tokens[0], sequence.space.hashCode())));
                }
                running.add(sequence);
            } else if (!running.isEmpty()) {
                Sequence sequence = running.get(random.nextInt(running.size()));
                if (sequence.pending() > 0 && random.nextInt(4) > 0) {
                    feed(sequence, 1 + random.nextInt(Math.min(sequence.pending(), PAGE)));
                    fedInto.add(List.of(sequence.tokens[0], sequence.space.hashCode()));
                } else {
                    running.remove(sequence);
                    sequence.release();
                }
            }
            assertThat(prefixes.pages()).isLessThanOrEqualTo(PAGES - pool.availablePages());
        }
        running.forEach(Sequence::release);
        prefixes.drop("a");
        prefixes.drop("b");
        for (AdapterChoice choice : choices) {
            Sequence again = new Sequence(tokens(0, 2 * PAGE), 10, pool, prefixes, choice);
            assertThat(prefixes.extend(again)).isZero();
        }
        assertThat(prefixes.evictablePages()).isEqualTo(PAGES - pool.availablePages());
        while (prefixes.pages() > 0) {
            assertThat(prefixes.evict()).isTrue();
        }
        assertThat(pool.availablePages()).isEqualTo(PAGES);
    }

    private static AdapterChoice choice(String hash, float scale) {
        List<ServedAdapter> adapters = new ArrayList<>();
        TinyDecoder.use(
                "llama",
                decoder -> adapters.add(
                        new ServedAdapter(hash, hash, decoder, new LowRankAdapter(List.of()), closed -> {})));
        return new AdapterChoice(adapters.getFirst(), scale);
    }

    @Test
    void whatAnAdapterComputedIsDroppedWithItAndTheRestStays() {
        AdapterChoice leaves = choice("a", 1);
        AdapterChoice stays = choice("b", 1);
        int[] tokens = tokens(0, 2 * PAGE + 9);
        for (AdapterChoice choice : List.of(leaves, stays)) {
            Sequence sequence = new Sequence(tokens, 10, pool, prefixes, choice);
            assertThat(prefixes.extend(sequence)).isZero();
            feed(sequence, tokens.length);
            sequence.release();
        }
        Sequence running = new Sequence(tokens, 10, pool, prefixes, leaves);
        assertThat(prefixes.extend(running)).isEqualTo(2 * PAGE + 8);
        leaves.adapter().close();
        prefixes.drop("a");
        assertThat(prefixes.pages()).isEqualTo(3);
        feed(running, 1);
        running.release();
        assertThat(prefixes.pages()).isEqualTo(3);
        assertThat(PAGES - pool.availablePages()).isEqualTo(3);
        Sequence again = new Sequence(tokens, 10, pool, prefixes, stays);
        assertThat(prefixes.extend(again)).isEqualTo(2 * PAGE + 8);
        again.release();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void noPageIsLostOverAThousandRandomSequences(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Sequence> running = new ArrayList<>();
        for (int operation = 0; operation < 1000; operation++) {
            if (running.size() < 6 && random.nextInt(3) == 0) {
                int[] tokens = tokens(1000 * random.nextInt(3), 1 + random.nextInt(5 * PAGE));
                tokens[random.nextInt(tokens.length)] = random.nextInt(3);
                Sequence sequence = sequence(tokens);
                int found = prefixes.extend(sequence);
                assertThat(found).isLessThan(tokens.length);
                running.add(sequence);
            } else if (!running.isEmpty()) {
                Sequence sequence = running.get(random.nextInt(running.size()));
                if (sequence.pending() > 0 && random.nextInt(4) > 0) {
                    feed(sequence, 1 + random.nextInt(Math.min(sequence.pending(), PAGE)));
                } else {
                    running.remove(sequence);
                    sequence.release();
                }
            }
            assertThat(prefixes.pages()).isLessThanOrEqualTo(PAGES - pool.availablePages());
        }
        running.forEach(Sequence::release);
        assertThat(prefixes.evictablePages()).isEqualTo(PAGES - pool.availablePages());
        while (prefixes.pages() > 0) {
            assertThat(prefixes.evict()).isTrue();
        }
        assertThat(pool.availablePages()).isEqualTo(PAGES);
    }
}
