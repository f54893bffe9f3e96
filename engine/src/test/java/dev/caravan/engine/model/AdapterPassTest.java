package dev.caravan.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.BoundAdapter;
import dev.caravan.engine.layer.KvCache;
import dev.caravan.engine.layer.KvCacheType;
import dev.caravan.engine.layer.KvPagePool;
import dev.caravan.engine.layer.Projection;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What adapters add to a pass, against the same change made to the weights themselves. */
class AdapterPassTest {

    /**
     * Sums are taken in another order than with merged weights; now and then that turns a key's rounding to F16. Of logits
     * up to 15.
     */
    private static final float ROUNDING = 0.01f;

    private static final int CONTEXT = 64;

    @TempDir
    private Path folder;

    static Stream<Arguments> all() {
        return DecoderArchitecturesTest.all();
    }

    private void use(String name, String format, BiConsumer<TinyCheckpoint, Checkpoint> test) {
        TinyCheckpoint model = TinyCheckpoint.unpack(name, folder);
        try (Checkpoint checkpoint = model.open(format)) {
            test.accept(model, checkpoint);
        }
    }

    private static float[] logits(
            Decoder decoder, Kernels kernels, int[] tokens, int run, @Nullable BoundAdapter adapter) {
        try (Session session = new Session(decoder, kernels, CONTEXT, adapter)) {
            for (int from = 0; from < tokens.length; from += run) {
                session.feed(tokens, from, Math.min(tokens.length, from + run), () -> false);
            }
            return session.logits().clone();
        }
    }

    private static float difference(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        return Golden.maxDifference(actual, 0, expected, 0, expected.length);
    }

    @ParameterizedTest
    @MethodSource("all")
    void anAdaptersLogitsAreThoseOfMergedWeights(String name, String format) {
        use(name, format, (model, checkpoint) -> {
            int[] tokens = model.ids("ids.txt");
            Decoder decoder = Decoders.load(checkpoint);
            List<RandomAdapter> adapters = List.of(
                    RandomAdapter.all(decoder, 8, 1),
                    RandomAdapter.of(decoder, EnumSet.of(Projection.V_PROJ, Projection.DOWN_PROJ), 3, 2));
            for (RandomAdapter adapter : adapters) {
                Decoder merged = Decoders.load(adapter.merged(checkpoint, 0.7f));
                try (Kernels scalar = KernelProvider.scalar();
                        Kernels fast = KernelProvider.create(2)) {
                    float[] expected = logits(merged, scalar, tokens, tokens.length, null);
                    assertThat(difference(logits(decoder, scalar, tokens, tokens.length, null), expected))
                            .as("the adapter changes something")
                            .isGreaterThan(20 * ROUNDING);
                    for (Kernels kernels : List.of(scalar, fast)) {
                        for (int run : new int[] {1, 3, tokens.length}) {
                            assertThat(difference(logits(decoder, kernels, tokens, run, adapter.bound(0.7f)), expected))
                                    .as("in runs of %d", run)
                                    .isLessThan(ROUNDING);
                        }
                    }
                }
            }
        });
    }

    @ParameterizedTest
    @MethodSource("all")
    void scaleZeroAndAnUntrainedAdapterGiveTheBasesBits(String name, String format) {
        use(name, format, (model, checkpoint) -> {
            int[] tokens = model.ids("ids.txt");
            Decoder decoder = Decoders.load(checkpoint);
            try (Kernels kernels = KernelProvider.create(2)) {
                for (int run : new int[] {1, tokens.length}) {
                    float[] base = logits(decoder, kernels, tokens, run, null);
                    BoundAdapter untrained = RandomAdapter.untrained(decoder, 8).bound(1);
                    assertThat(logits(decoder, kernels, tokens, run, untrained)).isEqualTo(base);
                    BoundAdapter off = RandomAdapter.all(decoder, 8, 1).bound(0);
                    assertThat(logits(decoder, kernels, tokens, run, off)).isEqualTo(base);
                }
            }
        });
    }

    /** Long runs and single tokens; with the first adapter, the second, none, and the first at another scale. */
    @ParameterizedTest
    @MethodSource("all")
    void sequencesWithDifferentAdaptersGiveTheLogitsThatEachGivesAlone(String name, String format) {
        use(name, format, (model, checkpoint) -> {
            int[] ids = model.ids("ids.txt");
            Decoder decoder = Decoders.load(checkpoint);
            BoundAdapter first = RandomAdapter.all(decoder, 8, 1).bound(1);
            BoundAdapter second = RandomAdapter.of(decoder, EnumSet.of(Projection.Q_PROJ, Projection.UP_PROJ), 5, 2)
                    .bound(1);
            List<@Nullable BoundAdapter> bound = new ArrayList<>(List.of(first, first, second, second));
            bound.addAll(Arrays.asList(null, null));
            bound.addAll(List.of(first, first, new BoundAdapter(first.adapter(), -0.5f)));
            List<int[]> prompts = new ArrayList<>();
            for (int i = 0; i < bound.size(); i++) {
                prompts.add(Arrays.copyOfRange(ids, i, i % 2 == 0 ? ids.length : i + 2));
            }
            try (Kernels kernels = KernelProvider.create(2)) {
                List<float[]> together = together(decoder, kernels, prompts, bound);
                List<float[]> base =
                        together(decoder, kernels, prompts, Arrays.asList(new @Nullable BoundAdapter[bound.size()]));
                for (int i = 0; i < bound.size(); i++) {
                    int[] prompt = prompts.get(i);
                    assertThat(difference(
                                    together.get(i), logits(decoder, kernels, prompt, prompt.length, bound.get(i))))
                            .as("sequence %d", i)
                            .isLessThan(ROUNDING);
                    boolean isBase = bound.get(i) == null;
                    assertThat(Arrays.equals(together.get(i), base.get(i))).isEqualTo(isBase);
                }
            }
        });
    }

    private static List<float[]> together(
            Decoder decoder, Kernels kernels, List<int[]> prompts, List<@Nullable BoundAdapter> adapters) {
        DecoderPass pass = new DecoderPass(decoder, kernels, CONTEXT);
        try (KvPagePool pool = DecoderPass.newPool(decoder, prompts.size(), KvCacheType.F16)) {
            List<DecoderPass.Part> parts = new ArrayList<>();
            int[] lastRows = new int[prompts.size()];
            int rows = 0;
            for (int i = 0; i < prompts.size(); i++) {
                int length = prompts.get(i).length;
                KvCache cache = new KvCache(pool);
                assertThat(cache.reserve(length)).isTrue();
                parts.add(new DecoderPass.Part(cache, prompts.get(i), 0, length, adapters.get(i)));
                rows += length;
                lastRows[i] = rows - 1;
            }
            assertThat(pass.run(parts, () -> false)).isTrue();
            float[] all = pass.logits(lastRows);
            List<float[]> logits = new ArrayList<>();
            for (int i = 0; i < prompts.size(); i++) {
                logits.add(Arrays.copyOfRange(all, i * pass.vocabSize(), (i + 1) * pass.vocabSize()));
            }
            return logits;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 32})
    void theNumberOfThreadsChangesNoBit(int run) {
        use("midm", "gguf", (model, checkpoint) -> {
            int[] tokens = model.ids("ids.txt");
            Decoder decoder = Decoders.load(checkpoint);
            BoundAdapter adapter = RandomAdapter.all(decoder, 16, 1).bound(1);
            try (Kernels one = KernelProvider.create(1);
                    Kernels three = KernelProvider.create(3)) {
                assertThat(logits(decoder, three, tokens, run, adapter))
                        .isEqualTo(logits(decoder, one, tokens, run, adapter));
            }
        });
    }
}
