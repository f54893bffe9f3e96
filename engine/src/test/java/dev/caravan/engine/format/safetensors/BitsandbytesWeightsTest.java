package dev.caravan.engine.format.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checkpoints that transformers and bitsandbytes saved give the values that bitsandbytes computes from them. */
class BitsandbytesWeightsTest {

    private static final String K_PROJ = "model.layers.0.self_attn.k_proj.weight";

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"nf4", "nf4-double", "nf4-bf16-storage", "fp4", "fp4-double"})
    void fourBitWeightsAreBitsandbytesBitForBit(String variant) {
        DType dtype = variant.startsWith("nf4") ? DType.NF4 : DType.FP4;
        String name = "bnb-" + variant;
        try (SafetensorsModel model = SafetensorsModel.open(GoldenSafetensors.path(name))) {
            assertThat(GoldenSafetensors.expected(name))
                    .hasSize(12)
                    .hasSameSizeAs(model.tensorNames())
                    .allSatisfy(expected -> {
                        Tensor tensor = model.tensor(expected.tensor());
                        assertThat(tensor.dtype()).isEqualTo(expected.tensor().contains("_proj") ? dtype : DType.BF16);
                        assertThat(GoldenSafetensors.sha256(GoldenSafetensors.values(tensor)))
                                .as("%s, the first values are %s", expected.tensor(), expected.firstValues())
                                .isEqualTo(expected.sha256());
                    });
            assertThat(model.tensor(K_PROJ)).as("unpacked once").isSameAs(model.tensor(K_PROJ));
            assertThat(model.tensor(K_PROJ).shape()).containsExactly(64, 64);
            assertThat(model.weightBytes())
                    .isEqualTo(model.tensorNames().stream()
                            .mapToLong(tensor -> model.tensor(tensor).data().byteSize())
                            .sum());
            assertThat(model.findRaw(K_PROJ + ".absmax")).isPresent();
        }
    }

    @Test
    void eightBitWeightsAreBitsandbytes() throws IOException {
        try (SafetensorsModel model = SafetensorsModel.open(GoldenSafetensors.path("bnb-int8"))) {
            assertThat(model.tensorNames()).hasSize(12);
            Tensor tensor = model.tensor(K_PROJ);
            assertThat(tensor.dtype()).isEqualTo(DType.INT8);
            float[] values = GoldenSafetensors.values(tensor);
            FloatBuffer expected = ByteBuffer.wrap(Files.readAllBytes(GoldenSafetensors.path("int8-k_proj.f32")))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer();
            assertThat(expected.remaining()).isEqualTo(64 * 64);
            for (int i = 0; i < values.length; i++) {
                // bitsandbytes multiplies by SCB and then by 1/127: two roundings where Caravan has others.
                assertThat(values[i]).isCloseTo(expected.get(i), within(2 * Math.ulp(expected.get(i))));
            }
            GoldenSafetensors.expected("bnb-int8")
                    .forEach(line -> assertThat(
                                    GoldenSafetensors.sha256(GoldenSafetensors.values(model.tensor(line.tensor()))))
                            .isEqualTo(line.sha256()));
        }
    }

    @Test
    void closedModelsCannotBeRead() {
        SafetensorsModel model = SafetensorsModel.open(GoldenSafetensors.path("bnb-nf4"));
        Tensor tensor = model.tensor(K_PROJ);
        model.close();
        assertThatThrownBy(() -> GoldenSafetensors.values(tensor)).isInstanceOf(IllegalStateException.class);
    }

    private static byte[] golden(String variant) throws IOException {
        return Files.readAllBytes(GoldenSafetensors.path("bnb-" + variant).resolve("model.safetensors"));
    }

    /** Replaces a text of the same length in the file, the first time that it occurs after another. */
    private static void replace(byte[] file, String after, String old, String replacement) {
        assertThat(replacement.length()).isEqualTo(old.length());
        String text = new String(file, StandardCharsets.ISO_8859_1);
        int from = text.indexOf(after);
        assertThat(from).isNotNegative();
        int at = text.indexOf(old, from);
        assertThat(at).isNotNegative();
        System.arraycopy(replacement.getBytes(StandardCharsets.ISO_8859_1), 0, file, at, old.length());
    }

    @ParameterizedTest(name = "{1} becomes {2}")
    @CsvSource(delimiter = '|', textBlock = """
                    nf4        | k_proj.weight.absmax"   | k_proj.weight.axsmax"   | k_proj.weight.absmax is missing
                    nf4        | k_proj.weight.quant_map | k_proj.weight.quant_mop | k_proj.weight.quant_map is missing
                    nf4        | k_proj.weight"          | k_proj.wxight"          | k_proj.weight is missing
                    nf4        | bytes__nf4              | bytes__nf5              | its quant_type is nf4 in the tensor
                    nf4        | bytes__nf4              | bytes__fp4              | its quant_type is nf4 in the tensor
                    nf4        | "quant_type": "nf4"     | "quant_type": "af4"     | its quant_type is af4 in the tensor
                    nf4        | "blocksize": 64         | "blocksize": 63         | its blocksize is 63
                    nf4        | "blocksize": 64         | "blocksizE": 64         | the key blocksize is missing
                    nf4        | "blocksize": 64         | "blocksize": 32         | should have 640 numbers of F32 and has 320
                    nf4        | "blocksize": 64         | "blocksize": "6         | not sound JSON
                    nf4        | "dtype": "bfloat16"     | "dtype": "bfloat17"     | its dtype is bfloat17
                    nf4        | "shape": [64, 320]      | "shape": [64, 310]      | it has 10240 bytes
                    nf4        | "shape": [64, 320]      | "shape": [64.3, 2]      | its shape is [64.3, 2]
                    nf4        | "shape": [64, 320]      | "shape": [6,4,320]      | its shape is [6, 4, 320]
                    nf4-double | "nested_blocksize": 256 | "nested_blocksize": 0.0 | its nested_blocksize is 0
                    nf4-double | "nested_blocksize": 256 | "nested_blocksize": 128 | should have 3 numbers of F32 and has 2
                    nf4-double | "nested_dtype": "float3 | "nested_dtype": "float6 | its nested_dtype float62
                    nf4-double | .nested_quant_map"      | .nested_quant_mop"      | no nested_quant_map
                    nf4-double | .nested_absmax"         | .nested_absmix"         | should have 320 numbers of F32 and has 320 of U8
                    int8       | _proj.weight":{"dtype":"I8" | _proj.weight":{"dtype":"U8" | is not a matrix of I8
                    int8       | k_proj.weight"          | k_proj.wxight"          | k_proj.weight is missing
                    """)
    void refusesPartsThatDoNotFit(String variant, String old, String replacement, String part) throws IOException {
        byte[] file = golden(variant);
        replace(file, "", old, replacement);
        assertRefused(file, part);
    }

    @Test
    void refusesOtherCodesAndOrders() throws IOException {
        byte[] codes = golden("nf4");
        int map = tensorPosition(codes, K_PROJ + ".quant_map");
        ByteBuffer.wrap(codes).order(ByteOrder.LITTLE_ENDIAN).putFloat(map + 8, 0.5f);
        assertRefused(codes, "the 4-bit weight " + K_PROJ + " is unsound: its quant_map is not the table of NF4");

        byte[] order = golden("int8");
        order[tensorPosition(order, "model.layers.0.self_attn.k_proj.weight_format")] = 1;
        assertRefused(order, "stored in the order of a GPU");
    }

    private static int tensorPosition(byte[] file, String name) {
        String text = new String(file, StandardCharsets.ISO_8859_1);
        int headerBytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt();
        int offsets = text.indexOf("[", text.indexOf("data_offsets", text.indexOf("\"" + name + "\"")));
        return 8 + headerBytes + Integer.parseInt(text.substring(offsets + 1, text.indexOf(",", offsets)));
    }

    private void assertRefused(byte[] file, String part) {
        Path path = SafetensorsBytes.write(folder.resolve("model.safetensors"), file);
        assertThatThrownBy(() -> SafetensorsModel.open(path).close())
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("model.safetensors: ")
                .hasMessageContaining(part)
                .hasMessageNotContaining("\n");
    }

    /** Rows that are no whole blocks of 64 become plain numbers: 48 rows of 100 values, 75 blocks. */
    @Test
    void rowsThatAreNoWholeBlocksAreUnpacked() {
        // Every weight is 1 (the last code) times its block's scale, 0.5.
        String state = "{\"quant_type\": \"nf4\", \"blocksize\": 64, \"dtype\": \"float32\", \"shape\": [48, 100]}";
        float[] codes = FourBitWeight.codes(DType.NF4);
        ByteBuffer data =
                ByteBuffer.allocate(75 * 4 + 64 + 2400 + state.length()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 75; i++) {
            data.putFloat(0.5f);
        }
        for (float code : codes) {
            data.putFloat(code);
        }
        for (int i = 0; i < 2400; i++) {
            data.put((byte) 0xFF);
        }
        data.put(state.getBytes(StandardCharsets.US_ASCII));
        byte[] header = ("{"
                        + SafetensorsBytes.entry("p.weight.absmax", "F32", "75", 0, 300) + ","
                        + SafetensorsBytes.entry("p.weight.quant_map", "F32", "16", 300, 364) + ","
                        + SafetensorsBytes.entry("p.weight", "U8", "2400,1", 364, 2764) + ","
                        + SafetensorsBytes.entry(
                                "p.weight.quant_state.bitsandbytes__nf4",
                                "U8",
                                String.valueOf(state.length()),
                                2764,
                                2764 + state.length())
                        + "}")
                .getBytes(StandardCharsets.US_ASCII);
        SafetensorsBytes.write(
                folder.resolve("model.safetensors"), SafetensorsBytes.file(header.length, header, data.array()));
        try (SafetensorsModel model = SafetensorsModel.open(folder)) {
            Tensor tensor = model.tensor("p.weight");
            assertThat(tensor.dtype()).isEqualTo(DType.F32);
            assertThat(tensor.shape()).containsExactly(48, 100);
            assertThat(GoldenSafetensors.values(tensor)).containsOnly(0.5f);
        }
    }

    /** Whatever bytes of header and states are changed, the model gives values or is refused. */
    @Test
    @Timeout(120)
    void survivesMutations() throws IOException {
        int refused = 0;
        int rounds = 1_500;
        Path path = folder.resolve("model.safetensors");
        for (int seed = 0; seed < rounds; seed++) {
            byte[] whole = golden(seed % 3 == 0 ? "int8" : "fp4-double");
            int headerEnd =
                    8 + ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getInt();
            SplittableRandom random = new SplittableRandom(seed);
            if (seed % 2 == 0) {
                String text = new String(whole, StandardCharsets.ISO_8859_1);
                int state = text.indexOf("{\"quant_type", random.nextInt(headerEnd, whole.length));
                for (int i = 0; state >= 0 && i < 2; i++) {
                    whole[state + random.nextInt(150)] = (byte) "0123456789\"{},-.eNaf".charAt(random.nextInt(20));
                }
            } else {
                whole = HostileSafetensorsTest.mutate(whole, headerEnd, random);
            }
            Files.write(path, whole);
            try (SafetensorsModel model = SafetensorsModel.open(path)) {
                for (String name : model.tensorNames()) {
                    refused += reads(model, name) ? 0 : 1;
                }
            } catch (ModelFormatException expected) {
                refused++;
            } catch (RuntimeException | Error other) {
                throw new AssertionError("seed " + seed, other);
            }
        }
        assertThat(refused).isGreaterThan(rounds / 10);
    }

    private static boolean reads(SafetensorsModel model, String name) {
        try {
            Tensor tensor = model.tensor(name);
            return GoldenSafetensors.values(tensor).length == tensor.elements();
        } catch (ModelFormatException otherType) {
            return false;
        }
    }
}
