package dev.caravan.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.KvCache;
import dev.caravan.engine.layer.KvCacheType;
import dev.caravan.engine.layer.KvPagePool;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every layer and logit of every decoder against transformers', from safetensors and from llama.cpp's conversion. */
class DecoderArchitecturesTest {

    /**
     * Of values up to 15. Keys and values are rounded to F16; the rest is as exact as the reference's float32. The worst
     * seen is 0.0088.
     */
    private static final float TOLERANCE = 0.02f;

    /** Runs of different lengths sum in a different order; now and then that turns a key's rounding to F16. */
    private static final float ROUNDING = 0.005f;

    private static final int CONTEXT = 64;

    @TempDir
    private Path folder;

    static Stream<Arguments> models() {
        return Stream.of("llama2", "llama3", "midm", "gemma3", "qwen2", "qwen3")
                .flatMap(name -> Stream.of("safetensors", "gguf").map(format -> Arguments.of(name, format)));
    }

    /** Configurations that GGUF cannot say, or says in the same way. */
    static Stream<Arguments> withSafetensorsOnly() {
        return Stream.of("gemma3-v4", "qwen2-window", "mistral").map(name -> Arguments.of(name, "safetensors"));
    }

    static Stream<Arguments> all() {
        return Stream.concat(models(), withSafetensorsOnly());
    }

    @ParameterizedTest
    @MethodSource("all")
    void everyLayerAndLogitEqualsTransformersWithScalarKernels(String name, String format) {
        try (Kernels kernels = KernelProvider.scalar()) {
            compareWithTransformers(name, format, kernels);
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void everyLayerAndLogitEqualsTransformersWithFastKernels(String name, String format) {
        try (Kernels kernels = KernelProvider.create(2)) {
            compareWithTransformers(name, format, kernels);
        }
    }

    /** Token by token, where keys and values come from the cache, and the prompt as a whole. */
    private void compareWithTransformers(String name, String format, Kernels kernels) {
        TinyCheckpoint model = TinyCheckpoint.unpack(name, folder);
        int tokens = model.ids("ids.txt").length;
        try (Checkpoint checkpoint = model.open(format)) {
            Decoder decoder = Decoders.load(checkpoint);
            for (int run : new int[] {1, tokens}) {
                Map<String, Float> differences = differences(model, decoder, kernels, run);
                assertThat(differences).hasSize(decoder.config().numHiddenLayers() + 2);
                assertThat(differences)
                        .allSatisfy((part, difference) -> assertThat(difference)
                                .as("%s in runs of %d", part, run)
                                .isLessThan(TOLERANCE));
            }
        }
    }

    private static Map<String, Float> differences(TinyCheckpoint model, Decoder decoder, Kernels kernels, int run) {
        int[] tokens = model.ids("ids.txt");
        int[] positions = model.ids("positions.txt");
        float[] hidden = model.floats("hidden.f32");
        float[] logits = model.floats("logits.f32");
        int hiddenSize = decoder.config().hiddenSize();
        int vocabulary = decoder.config().vocabSize();
        Map<String, Float> differences = new TreeMap<>();
        ActivationListener compare = (part, values, start, count) -> {
            int index = part.equals("embeddings") ? 0 : 1 + Integer.parseInt(part.substring("layer.".length()));
            int offset = (index * tokens.length + start) * hiddenSize;
            differences.merge(part, Golden.maxDifference(values, 0, hidden, offset, count * hiddenSize), Math::max);
        };
        try (Session session = new Session(decoder, kernels, CONTEXT, compare)) {
            for (int from = 0; from < tokens.length; from += run) {
                assertThat(session.feed(tokens, from, from + run, () -> false)).isTrue();
                for (int i = 0; i < positions.length; i++) {
                    if (positions[i] == from + run - 1) {
                        float difference =
                                Golden.maxDifference(session.logits(), 0, logits, i * vocabulary, vocabulary);
                        differences.merge("logits", difference, Math::max);
                    }
                }
            }
        }
        return differences;
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama2", "llama3", "midm", "gemma3", "qwen2", "qwen3"})
    void safetensorsAndGgufGiveTheSameLogits(String name) {
        TinyCheckpoint model = TinyCheckpoint.unpack(name, folder);
        int[] tokens = model.ids("ids.txt");
        try (Kernels kernels = KernelProvider.scalar();
                Checkpoint folderOf = model.open("safetensors");
                Checkpoint file = model.open("gguf")) {
            float[] expected = logitsAfter(Decoders.load(folderOf), kernels, tokens, tokens.length);
            assertSame(logitsAfter(Decoders.load(file), kernels, tokens, tokens.length), expected);
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void aPromptGivesTheSameLogitsHoweverItIsCut(String name, String format) {
        TinyCheckpoint model = TinyCheckpoint.unpack(name, folder);
        int[] tokens = model.ids("ids.txt");
        try (Kernels kernels = KernelProvider.scalar();
                Checkpoint checkpoint = model.open(format)) {
            Decoder decoder = Decoders.load(checkpoint);
            float[] whole = logitsAfter(decoder, kernels, tokens, tokens.length);
            for (int run : new int[] {1, 7, 12, 19}) {
                assertSame(logitsAfter(decoder, kernels, tokens, run), whole);
            }
        }
    }

    /** The prompt, its first half and its last token pass the weights together. */
    @ParameterizedTest
    @MethodSource("all")
    void sequencesOfABatchGiveTheLogitsThatEachGivesAlone(String name, String format) {
        TinyCheckpoint model = TinyCheckpoint.unpack(name, folder);
        int[] tokens = model.ids("ids.txt");
        List<int[]> sequences = List.of(
                tokens,
                Arrays.copyOf(tokens, tokens.length / 2),
                Arrays.copyOfRange(tokens, tokens.length - 1, tokens.length));
        try (Kernels kernels = KernelProvider.create(2);
                Checkpoint checkpoint = model.open(format)) {
            Decoder decoder = Decoders.load(checkpoint);
            DecoderPass pass = new DecoderPass(decoder, kernels, CONTEXT);
            try (KvPagePool pool = DecoderPass.newPool(decoder, sequences.size(), KvCacheType.F16)) {
                List<DecoderPass.Part> parts = new ArrayList<>();
                int[] lastRows = new int[sequences.size()];
                int rows = 0;
                for (int[] sequence : sequences) {
                    KvCache cache = new KvCache(pool);
                    assertThat(cache.reserve(sequence.length)).isTrue();
                    parts.add(new DecoderPass.Part(cache, sequence, 0, sequence.length));
                    rows += sequence.length;
                    lastRows[parts.size() - 1] = rows - 1;
                }
                assertThat(pass.run(parts, () -> false)).isTrue();
                float[] together = pass.logits(lastRows).clone();
                for (int i = 0; i < sequences.size(); i++) {
                    int[] sequence = sequences.get(i);
                    int offset = i * pass.vocabSize();
                    assertSame(
                            Arrays.copyOfRange(together, offset, offset + pass.vocabSize()),
                            logitsAfter(decoder, kernels, sequence, sequence.length));
                }
            }
        }
    }

    private static void assertSame(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        assertThat(Golden.maxDifference(actual, 0, expected, 0, expected.length))
                .isLessThan(ROUNDING);
    }

    private static float[] logitsAfter(Decoder decoder, Kernels kernels, int[] tokens, int run) {
        try (Session session = new Session(decoder, kernels, CONTEXT)) {
            for (int from = 0; from < tokens.length; from += run) {
                session.feed(tokens, from, Math.min(tokens.length, from + run), () -> false);
            }
            return session.logits().clone();
        }
    }
}
