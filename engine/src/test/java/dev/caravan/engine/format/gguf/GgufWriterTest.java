package dev.caravan.engine.format.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.format.TensorContent;
import dev.caravan.engine.model.Golden;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What Caravan writes is what gguf-py writes of the same values, byte for byte. */
class GgufWriterTest {

    /** In the order of golden/gguf/make.py. */
    private static final List<DType> TYPES = List.of(
            DType.F32,
            DType.F16,
            DType.BF16,
            DType.Q4_0,
            DType.Q5_0,
            DType.Q5_1,
            DType.Q8_0,
            DType.Q4_K,
            DType.Q5_K,
            DType.Q6_K);

    @TempDir
    Path folder;

    private static GgufWriter everything(int alignment) {
        GgufWriter writer = new GgufWriter(alignment).put("general.architecture", GgufValue.string("llama"));
        if (alignment != 32) {
            // The key stands where gguf-py was told of it.
            writer.put("general.alignment", GgufValue.uint32(alignment));
        }
        writer.put("v.uint8", GgufValue.uint8(255))
                .put("v.int8", GgufValue.int8(-128))
                .put("v.uint16", GgufValue.uint16(65535))
                .put("v.int16", GgufValue.int16(-32768))
                .put("v.uint32", GgufValue.uint32(4294967295L))
                .put("v.int32", GgufValue.int32(Integer.MIN_VALUE))
                .put("v.float32", GgufValue.float32(0.1f))
                .put("v.bool", GgufValue.bool(true))
                .put("v.string", GgufValue.string("값 \"1\""))
                .put("v.uint64", GgufValue.uint64(Long.MAX_VALUE))
                .put("v.int64", GgufValue.int64(Long.MIN_VALUE))
                .put("v.float64", GgufValue.float64(0.1))
                .put("a.strings", GgufValue.strings(List.of("a", "한", "")))
                .put("a.integers", GgufValue.integers(1, -3))
                .put("a.floats", GgufValue.floats(0.5f, -1f))
                .put("a.bools", GgufValue.array(List.of(GgufValue.bool(true), GgufValue.bool(false))))
                .put("a.uint16", GgufValue.array(List.of(GgufValue.uint16(1), GgufValue.uint16(65535))));
        for (DType dtype : TYPES) {
            writer.add("t." + dtype + ".weight", pattern(dtype));
        }
        return writer;
    }

    private static Tensor pattern(DType dtype) {
        byte[] bytes = new byte[3 * 2 * dtype.blockBytes()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (7 * i + 31 * TYPES.indexOf(dtype));
        }
        return new Tensor(
                "other name", dtype, new long[] {3, 2L * dtype.blockElements()}, MemorySegment.ofArray(bytes));
    }

    @ParameterizedTest
    @CsvSource({"32, gguf/all.gguf", "256, gguf/all-aligned-256.gguf"})
    void writesTheReferencesBytes(int alignment, String golden) throws IOException {
        Path written = folder.resolve("all.gguf");
        GgufWriter writer = everything(alignment);
        assertThat(writer.tensorBytes()).isEqualTo(6 * (4 + 2 + 2 + 18 + 22 + 24 + 34 + 144 + 176 + 210));
        writer.writeFile(written);
        assertThat(written).hasSameBinaryContentAs(Golden.path(golden));
        assertThat(folder.toFile().list()).containsExactly(written.getFileName().toString());
    }

    @Test
    void readsBackWhatItWrote() {
        Path written = folder.resolve("all.gguf");
        everything(64).writeFile(written);
        try (GgufFile file = GgufFile.open(written)) {
            GgufMetadata metadata = file.metadata();
            assertThat(metadata.integer("general.alignment")).isEqualTo(64);
            assertThat(metadata.integer("v.uint8")).isEqualTo(255);
            assertThat(metadata.integer("v.int16")).isEqualTo(-32768);
            assertThat(metadata.string("v.string")).isEqualTo("값 \"1\"");
            assertThat(metadata.floatValue("v.float64")).isEqualTo(0.1f);
            assertThat(metadata.strings("a.strings")).containsExactly("a", "한", "");
            assertThat(metadata.integers("a.uint16")).containsExactly(1, 65535);
            for (DType dtype : TYPES) {
                Tensor tensor = file.tensor("t." + dtype + ".weight");
                assertThat(tensor.dtype()).isEqualTo(dtype);
                assertThat(tensor.shape()).isEqualTo(pattern(dtype).shape());
                assertThat(tensor.data().mismatch(pattern(dtype).data())).isEqualTo(-1);
            }
        }
    }

    /** All of another file, with all its kinds of values, comes out as it was. */
    @ParameterizedTest
    @ValueSource(strings = {"gguf/all.gguf", "tiny-models/llama.gguf", "tiny-models/gemma3.gguf"})
    void copiesAFile(String golden) {
        Path copy = folder.resolve("copy.gguf");
        try (GgufFile file = GgufFile.open(Golden.path(golden))) {
            GgufWriter writer = new GgufWriter().putAll(file.metadata());
            file.tensorNames().forEach(name -> writer.add(name, file.tensor(name)));
            writer.writeFile(copy);
        }
        assertThat(copy).hasSameBinaryContentAs(Golden.path(golden));
    }

    @Test
    void asksForContentsWhenTheirTurnHasCome() {
        StringBuilder order = new StringBuilder();
        Path written = folder.resolve("lazy.gguf");
        GgufWriter writer = new GgufWriter();
        for (String name : List.of("b", "a")) {
            writer.add(name, DType.F32, new long[] {1}, file -> {
                order.append(name).append(file.position() % 32).append(' ');
                file.put(MemorySegment.ofArray(new byte[2]));
                file.put(MemorySegment.ofArray(new byte[] {0, 64}));
            });
        }
        writer.writeFile(written);
        assertThat(order).hasToString("b0 a0 ");
        try (GgufFile file = GgufFile.open(written)) {
            assertThat(file.tensorNames()).containsExactly("b", "a");
            assertThat(file.tensor("a").data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0))
                    .isEqualTo(2f);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"NF4", "FP4", "INT8"})
    void refusesTypesThatGgufDoesNotHave(DType dtype) {
        assertThatThrownBy(() -> new GgufWriter().add("t", dtype, new long[] {1, 64}, file -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the tensor t is " + dtype
                        + ", which GGUF does not have; convert it to Q4_0, Q8_0 or another of GGUF's types");
    }

    @Test
    void refusesWhatAReaderWouldRefuse() {
        TensorContent nothing = file -> {};
        GgufWriter writer = new GgufWriter().add("t", DType.F32, new long[] {1}, nothing);
        assertRefused(() -> writer.add("t", DType.F32, new long[] {1}, nothing), "added before");
        assertRefused(() -> writer.add("", DType.F32, new long[] {1}, nothing), "0 bytes");
        assertRefused(() -> writer.add("한".repeat(22), DType.F32, new long[] {1}, nothing), "66 bytes");
        assertRefused(() -> writer.add("a", DType.F32, new long[0], nothing), "0 dimensions");
        assertRefused(() -> writer.add("a", DType.F32, new long[] {1, 1, 1, 1, 1}, nothing), "5 dimensions");
        assertRefused(() -> writer.add("a", DType.Q8_0, new long[] {2, 48}, nothing), "blocks of 32");
        assertRefused(() -> writer.put("", GgufValue.uint8(1)), "a key is empty");
        assertRefused(() -> new GgufWriter(48), "an alignment of 48");
        assertRefused(() -> GgufValue.uint8(256), "256 is out of range");
        assertRefused(() -> GgufValue.uint64(-1), "-1 is out of range");
        assertRefused(() -> GgufValue.array(List.of()), "without values");
        assertRefused(() -> GgufValue.array(List.of(GgufValue.uint8(1), GgufValue.int8(1))), "one plain type");
        assertRefused(() -> GgufValue.array(List.of(GgufValue.integers(1))), "one plain type");
    }

    private static void assertRefused(Runnable call, String part) {
        assertThatThrownBy(call::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(part);
    }

    @Test
    void leavesNothingBehindWhenATensorFails() throws IOException {
        Path written = folder.resolve("model.gguf");
        Files.writeString(written, "before");
        GgufWriter writer = new GgufWriter()
                .add("t", DType.F32, new long[] {2}, file -> file.put(MemorySegment.ofArray(new byte[4])));
        assertThatThrownBy(() -> writer.writeFile(written))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the tensor t gave 4 bytes, expected 8");
        assertThat(folder.toFile().list()).containsExactly(written.getFileName().toString());
        assertThat(written).hasContent("before");
    }
}
