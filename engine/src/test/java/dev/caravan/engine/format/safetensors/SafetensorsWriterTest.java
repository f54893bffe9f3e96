package dev.caravan.engine.format.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.format.TensorContent;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Caravan writes is what safetensors, transformers and bitsandbytes write of the same values, byte for byte. */
class SafetensorsWriterTest {

    @TempDir
    Path folder;

    private static SafetensorsModel sharded() {
        return SafetensorsModel.open(GoldenSafetensors.path("sharded"));
    }

    /** Every type of number, with their metadata; the reference leaves the order of the metadata to chance. */
    @Test
    void writesEveryTypeAsTheReference() throws IOException {
        Path golden = GoldenSafetensors.path("dtypes.safetensors");
        Path written = folder.resolve("dtypes.safetensors");
        try (SafetensorsFile file = SafetensorsFile.open(golden)) {
            SafetensorsWriter writer = new SafetensorsWriter(file.metadata());
            List<String> names = new ArrayList<>(file.tensorNames());
            names.sort(Comparator.reverseOrder());
            for (String name : names) {
                RawTensor raw = file.raw(name);
                writer.add(name, raw.type(), raw.shape(), TensorContent.of(raw.data()));
            }
            writer.writeFile(written);
            try (SafetensorsFile read = SafetensorsFile.open(written)) {
                assertThat(read.tensorNames()).isEqualTo(file.tensorNames());
                assertThat(read.metadata()).isEqualTo(file.metadata());
                assertThat(read.byteSize()).isEqualTo(file.byteSize());
            }
        }
        byte[] expected = Files.readAllBytes(golden);
        int firstTensor = new String(expected, StandardCharsets.ISO_8859_1).indexOf("\"i64\"");
        assertThat(Files.readAllBytes(written))
                .hasSize(expected.length)
                .endsWith(Arrays.copyOfRange(expected, firstTensor, expected.length));
    }

    @Test
    void writesShardsAsTransformers() throws IOException {
        try (SafetensorsModel model = sharded()) {
            SafetensorsWriter writer = new SafetensorsWriter();
            for (String name : inModelOrder()) {
                writer.add(model.tensor(name));
            }
            assertThat(writer.tensorBytes()).isEqualTo(184704);
            assertThat(writer.writeFolder(folder, 60_000))
                    .hasSize(4)
                    .allSatisfy(file -> assertThat(file)
                            .hasSameBinaryContentAs(
                                    GoldenSafetensors.path("sharded").resolve(file.getFileName())));
        }
        JsonObject index = JsonObject.read(folder.resolve("model.safetensors.index.json"));
        JsonObject golden = JsonObject.read(GoldenSafetensors.path("sharded").resolve("model.safetensors.index.json"));
        assertThat(index.values().get("weight_map")).isEqualTo(golden.values().get("weight_map"));
        assertThat(index.object("metadata").orElseThrow().integer("total_size")).isEqualTo(184704);
        try (SafetensorsModel model = SafetensorsModel.open(folder)) {
            assertThat(model.tensorNames()).hasSize(12);
        }
        assertThat(folder.toFile().list()).hasSize(5);
    }

    /** The order of transformers' modules, in which it fills the shards. */
    private static List<String> inModelOrder() {
        return GoldenSafetensors.expected("sharded").stream()
                .map(GoldenSafetensors.Expected::tensor)
                .toList();
    }

    /** The model's linear layers, quantised here, make the file that bitsandbytes' quantisation made. */
    @ParameterizedTest
    @CsvSource({"nf4, NF4, false", "nf4-double, NF4, true", "fp4, FP4, false", "fp4-double, FP4, true"})
    void writesFourBitWeightsAsBitsandbytes(String variant, DType code, boolean doubleQuantization) {
        try (SafetensorsModel model = sharded()) {
            SafetensorsWriter writer = new SafetensorsWriter();
            for (String name : inModelOrder()) {
                Tensor tensor = model.tensor(name);
                if (name.contains("_proj")) {
                    BitsandbytesParts.addFourBit(
                            writer, name, () -> quantized(tensor, code), tensor.dtype(), doubleQuantization);
                } else {
                    writer.add(tensor);
                }
            }
            Path written = writer.writeFolder(folder, Long.MAX_VALUE).getFirst();
            assertThat(written)
                    .hasSameBinaryContentAs(
                            GoldenSafetensors.path("bnb-" + variant).resolve("model.safetensors"));
        }
    }

    @Test
    void writesEightBitWeightsAsBitsandbytes() {
        try (SafetensorsModel model = sharded()) {
            SafetensorsWriter writer = new SafetensorsWriter();
            for (String name : inModelOrder()) {
                Tensor tensor = model.tensor(name);
                if (name.contains("_proj")) {
                    String module = name.substring(0, name.length() - ".weight".length());
                    BitsandbytesParts.addEightBit(writer, module, () -> quantized(tensor, DType.INT8));
                } else {
                    writer.add(tensor);
                }
            }
            Path written = writer.writeFolder(folder, Long.MAX_VALUE).getFirst();
            assertThat(written)
                    .hasSameBinaryContentAs(GoldenSafetensors.path("bnb-int8").resolve("model.safetensors"));
        }
    }

    private static Tensor quantized(Tensor tensor, DType dtype) {
        float[] values = GoldenSafetensors.values(tensor);
        int columns = tensor.columns();
        MemorySegment data = MemorySegment.ofArray(new byte[(int) dtype.byteSize(values.length)]);
        for (int row = 0; row < tensor.rows(); row++) {
            BlockFormat.of(dtype).quantize(values, row * columns, columns, data, row * dtype.byteSize(columns));
        }
        return new Tensor(tensor.name(), dtype, tensor.shape(), data);
    }

    @Test
    void refusesWhatAReaderWouldRefuse() throws IOException {
        TensorContent nothing = file -> {};
        SafetensorsWriter writer = new SafetensorsWriter().add("a", SafetensorsType.F4, new long[] {2}, nothing);
        assertRefused(() -> writer.add("a", SafetensorsType.F4, new long[] {2}, nothing), "added before");
        assertRefused(() -> writer.add("b", SafetensorsType.F4, new long[] {3}, nothing), "12 bits");
        assertRefused(() -> writer.add("", SafetensorsType.F32, new long[] {2}, nothing), "the name \"\"");
        assertRefused(() -> writer.add("__metadata__", SafetensorsType.F32, new long[0], nothing), "__metadata__");
        Tensor blocks = new Tensor("q", DType.Q8_0, new long[] {1, 32}, MemorySegment.ofArray(new byte[34]));
        assertRefused(() -> writer.add(blocks), "the tensor q is Q8_0");
        assertRefused(() -> BitsandbytesParts.addFourBit(writer, "q", () -> blocks, DType.BF16, false), "q is Q8_0");
        assertRefused(() -> BitsandbytesParts.addEightBit(writer, "q", () -> blocks), "q.weight is Q8_0");
        assertThatThrownBy(() -> writer.writeFile(folder.resolve("a.safetensors")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the tensor a gave 0 bytes, expected 1");
        assertThat(folder.toFile().list()).isEmpty();
        Files.createFile(folder.resolve("model-00001-of-00002.safetensors"));
        assertRefused(() -> writer.writeFolder(folder, 1), "choose an empty folder");
    }

    private static void assertRefused(Runnable call, String part) {
        assertThatThrownBy(call::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(part);
    }

    @Test
    void aTensorAboveTheLimitHasAShardToItself() {
        SafetensorsWriter writer = new SafetensorsWriter(Map.of());
        for (int i = 0; i < 4; i++) {
            writer.add("t" + i, SafetensorsType.U8, new long[] {i == 1 ? 100 : 10}, bytes(i == 1 ? 100 : 10));
        }
        assertThat(writer.writeFolder(folder, 25)).hasSize(3);
        try (SafetensorsModel model = SafetensorsModel.open(folder)) {
            assertThat(model.tensorNames()).containsExactly("t0", "t1", "t2", "t3");
            assertThat(model.weightBytes()).isEqualTo(130);
        }
    }

    private static TensorContent bytes(int count) {
        return TensorContent.of(MemorySegment.ofArray(new byte[count]));
    }
}
