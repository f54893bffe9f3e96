package dev.caravan.engine.format.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the reference wrote is read as it was written, whatever the type. */
class SafetensorsFileTest {

    @TempDir
    Path folder;

    private static SafetensorsFile golden() {
        return SafetensorsFile.open(GoldenSafetensors.path("dtypes.safetensors"));
    }

    @Test
    void readsWeightsBitForBit() {
        try (SafetensorsFile file = golden()) {
            assertThat(GoldenSafetensors.expected("dtypes.safetensors"))
                    .hasSize(6)
                    .allSatisfy(expected -> {
                        Tensor tensor = file.tensor(expected.tensor());
                        assertThat(Arrays.stream(tensor.shape())
                                        .mapToObj(Long::toString)
                                        .collect(Collectors.joining(",")))
                                .isEqualTo(expected.shape());
                        assertThat(GoldenSafetensors.sha256(GoldenSafetensors.values(tensor)))
                                .as("values, the first are %s", expected.firstValues())
                                .isEqualTo(expected.sha256());
                    });
        }
    }

    @Test
    void showsMetadataAndBuffersOfOtherTypes() {
        try (SafetensorsFile file = golden()) {
            assertThat(file.metadata())
                    .containsEntry("format", "pt")
                    .containsEntry("note", "값")
                    .hasSize(2);
            assertThat(file.tensorNames()).hasSize(16).contains("bool", "c64", "f8_e4m3", "한국어.이름");
            RawTensor integers = file.raw("i64");
            assertThat(integers.type()).isEqualTo(SafetensorsType.I64);
            assertThat(integers.shape()).containsExactly(7);
            assertThat(integers.elements()).isEqualTo(7);
            ValueLayout.OfLong i64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
            assertThat(integers.data().get(i64, 0)).isEqualTo(-3);
            assertThat(file.raw("u8").data().toArray(ValueLayout.JAVA_BYTE)).containsExactly(0, 1, 2, 3, 4, 5, 6);
            assertThat(file.raw("scalar").shape()).isEmpty();
            assertThat(file.findRaw("absent")).isEmpty();
            assertThat(file.findTensor("absent")).isEmpty();
            assertThat(file.byteSize()).isEqualTo(5356);
        }
    }

    @Test
    void refusesOtherTypesAsWeights() {
        try (SafetensorsFile file = golden()) {
            assertThatThrownBy(() -> file.tensor("f8_e4m3"))
                    .isInstanceOf(ModelFormatException.class)
                    .hasMessage(
                            "dtypes.safetensors: the tensor f8_e4m3 has the dtype F8_E4M3, which Caravan cannot run; "
                                    + "take a build of the model in F32, F16, BF16 or bitsandbytes' 4 or 8 bits");
            assertThatThrownBy(() -> file.findTensor("i64")).hasMessageContaining("I64");
            assertThatThrownBy(() -> file.tensor("absent"))
                    .hasMessage("dtypes.safetensors: the tensor absent is missing; take a complete build of the model");
        }
    }

    @Test
    void readsWhatTheReferenceReads() {
        String unusual = "{\"__metadata__\":null,%s,%s}\n "
                .formatted(
                        SafetensorsBytes.entry("none", "F32", "0,4", 0, 0),
                        "\"a\":{\"x\":[{}],\"data_offsets\":[0,4],\"shape\":[],\"dtype\":\"F32\"}");
        Path path = SafetensorsBytes.write(folder.resolve("a.safetensors"), SafetensorsBytes.file(unusual, 4));
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.tensorNames()).containsExactly("none", "a");
            assertThat(file.tensor("a").shape()).isEmpty();
            assertThat(file.tensor("none").elements()).isZero();
            assertThat(file.metadata()).isEmpty();
        }
        SafetensorsBytes.write(path, SafetensorsBytes.file("{}", 0));
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.tensorNames()).isEmpty();
        }
    }

    @Test
    void closedFilesCannotBeRead() {
        SafetensorsFile file = golden();
        Tensor tensor = file.tensor("f32");
        file.close();
        assertThatThrownBy(() -> tensor.data().get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }
}
