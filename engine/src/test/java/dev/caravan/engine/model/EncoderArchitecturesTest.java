package dev.caravan.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every layer, vector and score of every encoder against the references', from safetensors and from GGUF. */
class EncoderArchitecturesTest {

    /** Of values up to 14, in the encoders that compute in float32 throughout. */
    private static final float TOLERANCE = 2e-5f;

    /** A decoder rounds keys and values to F16. */
    private static final float CAUSAL_TOLERANCE = 0.02f;

    @TempDir
    private Path folder;

    static Stream<Arguments> embeddingModels() {
        return Stream.of("bert", "xlm-roberta", "embedding-gemma", "qwen3-embedding")
                .flatMap(EncoderArchitecturesTest::in);
    }

    /** A BERT classifier's pooler is missing in GGUF. */
    static Stream<Arguments> rankingModels() {
        return Stream.concat(in("xlm-roberta-reranker"), Stream.of(Arguments.of("bert-reranker", "safetensors")));
    }

    private static Stream<Arguments> in(String name) {
        return Stream.of("safetensors", "gguf").map(format -> Arguments.of(name, format));
    }

    private static float tolerance(String name) {
        return name.startsWith("qwen") ? CAUSAL_TOLERANCE : TOLERANCE;
    }

    @ParameterizedTest
    @MethodSource("embeddingModels")
    void everyLayerEqualsTransformers(String name, String format) {
        TinyCheckpoint model = TinyCheckpoint.unpack(name, folder);
        List<EncoderInput> inputs = model.rows("texts.tsv").stream()
                .map(row -> new EncoderInput(TinyCheckpoint.field(row[2])))
                .filter(input -> input.length() <= 32)
                .toList();
        try (Checkpoint checkpoint = model.open(format)) {
            Encoder encoder = Encoders.embedding(checkpoint).encoder();
            compareWithScalarAndFastKernels(model, encoder, inputs, tolerance(name));
        }
    }

    @ParameterizedTest
    @MethodSource("rankingModels")
    void everyLayerAndScoreOfARerankerEqualsTransformers(String name, String format) {
        TinyCheckpoint model = TinyCheckpoint.unpack(name, folder);
        List<EncoderInput> inputs = model.rows("pairs.tsv").stream()
                .map(row -> new EncoderInput(TinyCheckpoint.field(row[2]), TinyCheckpoint.field(row[3])))
                .toList();
        float[] scores = model.floats("scores.f32");
        try (Checkpoint checkpoint = model.open(format)) {
            Encoders.RankingModel ranking = Encoders.ranking(checkpoint);
            compareWithScalarAndFastKernels(model, ranking.encoder(), inputs, TOLERANCE);
            try (Kernels kernels = KernelProvider.create(2)) {
                float[] states = ranking.encoder().newPass(kernels).run(inputs);
                int start = 0;
                for (int i = 0; i < scores.length; i++) {
                    float difference = ranking.head().score(kernels, states, start) - scores[i];
                    assertThat(Math.abs(difference)).isLessThan(TOLERANCE);
                    start += inputs.get(i).length();
                }
            }
        }
    }

    private static void compareWithScalarAndFastKernels(
            TinyCheckpoint model, Encoder encoder, List<EncoderInput> inputs, float tolerance) {
        try (Kernels scalar = KernelProvider.scalar();
                Kernels fast = KernelProvider.create(2)) {
            for (Kernels kernels : List.of(scalar, fast)) {
                assertThat(differences(model, encoder, kernels, inputs))
                        .hasSize(layers(model, encoder, inputs))
                        .allSatisfy((part, difference) ->
                                assertThat(difference).as(part).isLessThan(tolerance));
            }
        }
    }

    private static int tokens(List<EncoderInput> inputs) {
        return inputs.stream().mapToInt(EncoderInput::length).sum();
    }

    /** The embeddings and the layers. */
    private static int layers(TinyCheckpoint model, Encoder encoder, List<EncoderInput> inputs) {
        return model.floats("hidden.f32").length / tokens(inputs) / encoder.hiddenSize();
    }

    /** Runs the texts one by one and compares what each part gives. */
    private static Map<String, Float> differences(
            TinyCheckpoint model, Encoder encoder, Kernels kernels, List<EncoderInput> inputs) {
        float[] hidden = model.floats("hidden.f32");
        int all = tokens(inputs);
        int[] before = {0};
        Map<String, Float> differences = new TreeMap<>();
        EncoderPass pass = encoder.newPass(kernels, (part, values, start, count) -> {
            int index = part.equals("embeddings") ? 0 : 1 + Integer.parseInt(part.substring("layer.".length()));
            int offset = (index * all + before[0] + start) * encoder.hiddenSize();
            differences.merge(
                    part, Golden.maxDifference(values, 0, hidden, offset, count * encoder.hiddenSize()), Math::max);
        });
        for (EncoderInput input : inputs) {
            pass.run(List.of(input));
            before[0] += input.length();
        }
        return differences;
    }

    @ParameterizedTest
    @MethodSource("embeddingModels")
    void aBatchGivesTheStatesOfItsTextsAlone(String name, String format) {
        TinyCheckpoint model = TinyCheckpoint.unpack(name, folder);
        List<EncoderInput> inputs = new ArrayList<>();
        model.rows("texts.tsv").forEach(row -> inputs.add(new EncoderInput(TinyCheckpoint.field(row[2]))));
        try (Checkpoint checkpoint = model.open(format);
                Kernels kernels = KernelProvider.create(2)) {
            Encoder encoder = Encoders.embedding(checkpoint).encoder();
            float[] batch = encoder.newPass(kernels).run(inputs).clone();
            EncoderPass pass = encoder.newPass(kernels);
            int start = 0;
            for (EncoderInput input : inputs) {
                int size = input.length() * encoder.hiddenSize();
                float[] alone = pass.run(List.of(input));
                assertThat(Golden.maxDifference(batch, start, alone, 0, size)).isLessThan(1e-4f);
                start += size;
            }
        }
    }
}
