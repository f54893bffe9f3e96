package dev.caravan.engine.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.format.gguf.GgufFile;
import dev.caravan.engine.format.gguf.GgufWriter;
import dev.caravan.engine.format.safetensors.BitsandbytesParts;
import dev.caravan.engine.format.safetensors.SafetensorsCheckpoint;
import dev.caravan.engine.format.safetensors.SafetensorsWriter;
import dev.caravan.engine.model.Golden;
import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Checkpoints that no other program made in this form are written and read back: quantised weights whose parts lie in
 * several shards, GGUF with another alignment. They stay in {@code target/written}, where {@code
 * src/test/python/read_written.py} lets the reference implementations read them.
 */
class WrittenCheckpointsTest {

    private static final Path WRITTEN = Path.of("target", "written").toAbsolutePath();

    /** An empty folder in the place of an earlier run's. */
    private static Path emptyFolder(String name) throws IOException {
        Path folder = Files.createDirectories(WRITTEN.resolve(name));
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        return folder;
    }

    @ParameterizedTest
    @CsvSource({
        "bf16, sharded, BF16, false",
        "nf4, bnb-nf4, NF4, false",
        "nf4-double, bnb-nf4-double, NF4, true",
        "fp4, bnb-fp4, FP4, false",
        "fp4-double, bnb-fp4-double, FP4, true",
        "int8, bnb-int8, INT8, false"
    })
    void weightsInManyShardsComeBack(String name, String reference, DType dtype, boolean doubleQuantization)
            throws IOException {
        Path folder = emptyFolder(name);
        try (SafetensorsCheckpoint source = SafetensorsCheckpoint.open(Golden.path("safetensors/sharded"))) {
            SafetensorsWriter writer = new SafetensorsWriter();
            for (String tensor : source.tensorNames()) {
                add(writer, source.tensor(tensor), dtype, doubleQuantization);
            }
            assertThat(writer.writeFolder(folder, 9_000)).hasSizeGreaterThan(7);
        }
        for (String side : List.of("config.json", "generation_config.json")) {
            Files.copy(Golden.path("safetensors/" + reference).resolve(side), folder.resolve(side));
        }
        try (SafetensorsCheckpoint written = SafetensorsCheckpoint.open(folder);
                SafetensorsCheckpoint expected = SafetensorsCheckpoint.open(Golden.path("safetensors/" + reference))) {
            assertThat(written.tensorNames()).containsExactlyInAnyOrderElementsOf(expected.tensorNames());
            assertThat(written.tensorNames())
                    .allSatisfy(tensor -> assertSame(written.tensor(tensor), expected.tensor(tensor)));
        }
    }

    private static void add(SafetensorsWriter writer, Tensor tensor, DType dtype, boolean doubleQuantization) {
        String module = tensor.name().replaceFirst("\\.weight$", "");
        if (dtype == tensor.dtype() || !module.endsWith("_proj")) {
            writer.add(tensor);
        } else if (dtype == DType.INT8) {
            BitsandbytesParts.addEightBit(writer, module, () -> quantized(tensor, dtype));
        } else {
            BitsandbytesParts.addFourBit(
                    writer, tensor.name(), () -> quantized(tensor, dtype), tensor.dtype(), doubleQuantization);
        }
    }

    private static Tensor quantized(Tensor tensor, DType dtype) {
        int columns = tensor.columns();
        float[] row = new float[columns];
        MemorySegment data = MemorySegment.ofArray(new byte[(int) dtype.byteSize(tensor.elements())]);
        for (int i = 0; i < tensor.rows(); i++) {
            BlockFormat.of(tensor.dtype())
                    .dequantize(tensor.data(), i * tensor.dtype().byteSize(columns), row, 0, columns);
            BlockFormat.of(dtype).quantize(row, 0, columns, data, i * dtype.byteSize(columns));
        }
        return new Tensor(tensor.name(), dtype, tensor.shape(), data);
    }

    private static void assertSame(Tensor actual, Tensor expected) {
        assertThat(actual.dtype()).isEqualTo(expected.dtype());
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(actual.data().mismatch(expected.data())).as(actual.name()).isEqualTo(-1);
    }

    @Test
    void ggufWithAnotherAlignmentComesBack() throws IOException {
        for (String name : List.of("llama", "gemma3")) {
            Path folder = emptyFolder("gguf-" + name);
            Path original = Golden.path("tiny-models/" + name + ".gguf");
            Path written = folder.resolve("aligned-128.gguf");
            Files.copy(original, folder.resolve("original.gguf"), StandardCopyOption.REPLACE_EXISTING);
            try (GgufFile file = GgufFile.open(original)) {
                GgufWriter writer = new GgufWriter(128).putAll(file.metadata());
                file.tensorNames().forEach(tensor -> writer.add(tensor, file.tensor(tensor)));
                writer.writeFile(written);
                try (GgufFile copy = GgufFile.open(written)) {
                    assertThat(copy.tensorNames()).isEqualTo(file.tensorNames());
                    copy.tensorNames().forEach(tensor -> assertSame(copy.tensor(tensor), file.tensor(tensor)));
                    assertThat(copy.metadata().integer("general.alignment")).isEqualTo(128);
                }
            }
        }
    }
}
