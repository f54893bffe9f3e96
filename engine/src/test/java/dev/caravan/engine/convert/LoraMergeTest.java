package dev.caravan.engine.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caravan.engine.Checkpoints;
import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.safetensors.SafetensorsFile;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.lora.GoldenAdapter;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.lora.LoraModule;
import dev.caravan.engine.lora.PeftFolder;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Decoders;
import dev.caravan.engine.model.Golden;
import dev.caravan.engine.model.Session;
import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Goal: a base with a merged adapter says what the base and the adapter said, in every format. Method: PEFT's adapters on
 * tiny models, its logits and its {@code merge_and_unload} ({@code golden/lora/make.py}).
 */
@Timeout(120)
class LoraMergeTest {

    /** As {@code DecoderArchitecturesTest} has it for the same models: keys and values are rounded to F16. */
    private static final float TOLERANCE = 0.02f;

    @TempDir
    private Path folder;

    private Path merge(Path base, Path adapter, String target, MergeOptions options) {
        Path path = folder.resolve(target);
        try (ModelConversion merge = LoraMerge.open(base, adapter, path, options)) {
            merge.run((done, total) -> assertThat(done).isBetween(0L, total));
        }
        return path;
    }

    static Stream<Arguments> pathsOfMerging() {
        return GoldenAdapter.NAMES.stream()
                .flatMap(name -> Stream.of("safetensors", "gguf")
                        .flatMap(format ->
                                Stream.of("merged", "merged.gguf").map(target -> Arguments.of(name, format, target))));
    }

    @ParameterizedTest
    @MethodSource("pathsOfMerging")
    void aMergedModelGivesTheLogitsOfPeft(String name, String format, String target) {
        GoldenAdapter golden = GoldenAdapter.unpack(name, folder);
        Path base = format.equals("gguf") ? golden.base().gguf() : golden.base().folder();

        Path merged = merge(base, golden.folder(), target, MergeOptions.DEFAULT.withType(TargetType.F32));

        assertThat(greatestDifference(golden, merged)).isLessThan(TOLERANCE);
    }

    @ParameterizedTest
    @FieldSource("dev.caravan.engine.lora.GoldenAdapter#NAMES")
    void theBaseAloneGivesOtherLogits(String name) {
        GoldenAdapter golden = GoldenAdapter.unpack(name, folder);

        assertThat(greatestDifference(golden, golden.base().folder())).isGreaterThan(1);
    }

    private static float greatestDifference(GoldenAdapter golden, Path model) {
        int[] tokens = golden.base().ids("ids.txt");
        int[] positions = golden.base().ids("positions.txt");
        float[] expected = golden.files().floats("logits.f32");
        float greatest = 0;
        try (Kernels kernels = KernelProvider.scalar();
                Checkpoint checkpoint = Checkpoints.open(model)) {
            Decoder decoder = Decoders.load(checkpoint);
            try (Session session = new Session(decoder, kernels, tokens.length)) {
                int vocabulary = decoder.config().vocabSize();
                for (int i = 0; i < positions.length; i++) {
                    session.feed(tokens, i == 0 ? 0 : positions[i - 1] + 1, positions[i] + 1, () -> false);
                    float[] logits = session.logits();
                    greatest =
                            Math.max(greatest, Golden.maxDifference(logits, 0, expected, i * vocabulary, vocabulary));
                }
            }
        }
        return greatest;
    }

    /** PEFT rounds the product to BF16 before it adds it and rounds again; here it is rounded once. */
    @ParameterizedTest
    @FieldSource("dev.caravan.engine.lora.GoldenAdapter#NAMES")
    void matricesArePeftsWithinBf16sRounding(String name) {
        GoldenAdapter golden = GoldenAdapter.unpack(name, folder);

        Path merged = merge(golden.base().folder(), golden.folder(), "merged", MergeOptions.DEFAULT);

        try (SafetensorsFile reference = SafetensorsFile.open(golden.folder().resolve("golden/merged.safetensors"));
                Checkpoint mine = Checkpoints.open(merged);
                Checkpoint base = Checkpoints.open(golden.base().folder())) {
            for (String tensor : base.tensorNames()) {
                if (reference.findTensor(tensor).isEmpty()) {
                    assertThat(values(mine.tensor(tensor))).as(tensor).containsExactly(values(base.tensor(tensor)));
                }
            }
            for (String tensor : reference.tensorNames()) {
                assertThat(mine.tensor(tensor).dtype()).isEqualTo(DType.BF16);
                float[] expected = values(reference.tensor(tensor));
                float[] actual = values(mine.tensor(tensor));
                float[] original = values(base.tensor(tensor));
                for (int i = 0; i < expected.length; i++) {
                    // A half of BF16's last place for each of the roundings: of the product, of the two sums.
                    float product = Math.abs(expected[i] - original[i]);
                    float bound = (product + 2 * Math.abs(expected[i])) * 0x1p-8f + 1e-7f;
                    assertThat(actual[i]).as(tensor).isBetween(expected[i] - bound, expected[i] + bound);
                }
            }
        }
    }

    private static float[] values(Tensor tensor) {
        float[] values = new float[(int) tensor.elements()];
        BlockFormat.of(tensor.dtype()).dequantize(tensor.data(), 0, values, 0, values.length);
        return values;
    }

    @ParameterizedTest
    @CsvSource({"Q8_0, Q8_0", "Q4_0, Q8_0", "F16, F16", "F32, F32"})
    void inGgufOnlyWhatTheAdapterChangesIsWrittenAnew(TargetType type, DType patched) {
        GoldenAdapter golden = GoldenAdapter.unpack("llama3-layer", folder);
        Path base = folder.resolve("base.gguf");
        try (ModelConversion conversion =
                ModelConversion.open(golden.base().folder(), base, ConversionOptions.of(type))) {
            conversion.run((done, total) -> {});
        }

        Path merged = merge(base, golden.folder(), "merged.gguf", MergeOptions.DEFAULT);

        Set<String> changed = adapted(base, golden.folder());
        assertThat(changed).hasSize(2);
        try (Checkpoint before = Checkpoints.open(base);
                Checkpoint after = Checkpoints.open(merged)) {
            assertThat(after.tensorNames()).containsExactlyInAnyOrderElementsOf(before.tensorNames());
            for (String name : before.tensorNames()) {
                if (changed.contains(name)) {
                    assertThat(after.tensor(name).dtype()).as(name).isEqualTo(patched);
                } else {
                    assertThat(after.tensor(name).dtype())
                            .isEqualTo(before.tensor(name).dtype());
                    assertThat(after.tensor(name)
                                    .data()
                                    .mismatch(before.tensor(name).data()))
                            .as(name)
                            .isEqualTo(-1);
                }
            }
        }
    }

    private static Set<String> adapted(Path base, Path adapter) {
        try (Checkpoint checkpoint = Checkpoints.open(base)) {
            return PeftFolder.read(adapter, Decoders.load(checkpoint)).modules().stream()
                    .map(LoraModule::name)
                    .map(name -> name + ".weight")
                    .collect(Collectors.toSet());
        }
    }

    @Test
    void fourBitsForWhatTheAdapterChangesMustBeAskedForAndComeWithAWarning() {
        GoldenAdapter golden = GoldenAdapter.unpack("llama3-layer", folder);
        MergeOptions small = MergeOptions.DEFAULT.withType(TargetType.Q4_0);
        Path target = folder.resolve("x.gguf");
        String patched = "blk.1.attn_k.weight";

        try (ModelConversion merge = LoraMerge.open(golden.base().folder(), golden.folder(), target, small)) {
            assertThat(type(merge, patched)).isEqualTo(DType.Q8_0);
            assertThat(type(merge, "blk.0.attn_k.weight")).isEqualTo(DType.Q4_0);
            assertThat(merge.notes()).noneMatch(note -> note.contains("rounded away"));
        }
        try (ModelConversion merge =
                LoraMerge.open(golden.base().folder(), golden.folder(), target, small.withRequantize())) {
            assertThat(type(merge, patched)).isEqualTo(DType.Q4_0);
            assertThat(merge.notes()).anyMatch(note -> note.contains("rounded away"));
        }
    }

    private static DType type(ModelConversion merge, String name) {
        return merge.tensors().stream()
                .filter(plan -> plan.name().equals(name))
                .findFirst()
                .orElseThrow()
                .dtype();
    }

    /** The rows of this one fill bitsandbytes' blocks. */
    private Path inFourBits() {
        Path base = folder.resolve("nf4");
        Path original = Golden.path("tiny-models/llama.gguf");
        try (ModelConversion conversion = ModelConversion.open(original, base, ConversionOptions.of(TargetType.NF4))) {
            conversion.run((done, total) -> {});
        }
        return base;
    }

    private Path randomAdapter(Path base) {
        Path path = folder.resolve("adapter");
        try (Checkpoint checkpoint = Checkpoints.open(base)) {
            Decoder decoder = Decoders.load(checkpoint);
            LoraAdapter adapter = LoraAdapter.initial(LoraConfig.of(2, 4), decoder, 5);
            Random random = new Random(6);
            for (LoraModule module : adapter.modules()) {
                for (int i = 0; i < module.b().length; i++) {
                    module.b()[i] = (float) random.nextGaussian();
                }
            }
            PeftFolder.write(path, adapter, decoder);
        }
        return path;
    }

    @Test
    void aFourBitBaseIsUnpackedAndTheAdapterAdded() {
        Path base = inFourBits();
        Path adapter = randomAdapter(base);

        Path merged = merge(base, adapter, "merged", MergeOptions.DEFAULT.withType(TargetType.F32));

        try (Checkpoint before = Checkpoints.open(base);
                Checkpoint after = Checkpoints.open(merged)) {
            for (LoraModule module :
                    PeftFolder.read(adapter, Decoders.load(before)).modules()) {
                float[] weights = values(before.tensor(module.name() + ".weight"));
                float[] actual = values(after.tensor(module.name() + ".weight"));
                for (int i = 0; i < weights.length; i++) {
                    double expected = weights[i];
                    for (int k = 0; k < module.r(); k++) {
                        expected += (double) module.scaling()
                                * module.b()[i / module.inputs() * module.r() + k]
                                * module.a()[k * module.inputs() + i % module.inputs()];
                    }
                    assertThat(actual[i]).isCloseTo((float) expected, within(1e-6f));
                }
            }
        }
    }

    @Test
    void besideBitsandbytesFourBitsWhatTheAdapterChangesStaysPlain() {
        Path original = Golden.path("tiny-models/llama.gguf");
        Path adapter = randomAdapter(original);
        MergeOptions nf4 = MergeOptions.DEFAULT.withType(TargetType.NF4);

        Path merged = merge(original, adapter, "merged", nf4);

        try (Checkpoint after = Checkpoints.open(merged)) {
            assertThat(after.tensor("model.layers.0.mlp.up_proj.weight").dtype().blockElements())
                    .isEqualTo(1);
        }
        Path small = merge(original, adapter, "small", nf4.withRequantize());
        try (Checkpoint after = Checkpoints.open(small)) {
            assertThat(after.tensor("model.layers.0.mlp.up_proj.weight").dtype())
                    .isEqualTo(DType.NF4);
        }
    }

    @Test
    void anAdapterOfAnotherBaseIsRefusedAndNothingIsWritten() {
        GoldenAdapter golden = GoldenAdapter.unpack("llama3-all", folder);
        GoldenAdapter other = GoldenAdapter.unpack("gemma3-all", folder);

        for (String target : List.of("merged", "merged.gguf")) {
            assertThatThrownBy(() -> merge(golden.base().folder(), other.folder(), target, MergeOptions.DEFAULT))
                    .isInstanceOf(ModelFormatException.class)
                    .hasMessageContaining("load the base that the adapter was trained on");
            assertThat(folder.resolve(target)).doesNotExist();
        }
    }
}
