package dev.caravan.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.QuantizationConfig;
import dev.caravan.engine.QuantizationConfig.QuantType;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.safetensors.SafetensorsCheckpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Folders that transformers and bitsandbytes saved give the logits of bitsandbytes' weights, whether the file holds them
 * quantised or Caravan quantises on load (golden/safetensors/make.py).
 */
class BitsandbytesLogitsTest {

    /**
     * Of logits up to 0.5. Keys and values are rounded to F16. Double quantisation, the smallest difference that the
     * formats make, is 0.0011.
     */
    private static final float TOLERANCE = 2e-4f;

    private static final int[] IDS = {1, 7, 33, 46, 12, 5, 5, 40};
    private static final int VOCABULARY = 48;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sharded",
                "bnb-nf4",
                "bnb-nf4-double",
                "bnb-nf4-bf16-storage",
                "bnb-fp4",
                "bnb-fp4-double",
                "bnb-int8"
            })
    void quantisedFoldersGiveBitsandbytesLogits(String folder) {
        assertLogits(folder, QuantizationConfig.NONE, folder);
    }

    @ParameterizedTest
    @CsvSource({
        "bnb-nf4, NF4, false",
        "bnb-nf4-double, NF4, true",
        "bnb-fp4, FP4, false",
        "bnb-fp4-double, FP4, true",
    })
    void quantisingOnLoadGivesThemToo(String reference, QuantType type, boolean doubleQuantization) {
        QuantizationConfig config = new QuantizationConfig(true, type, doubleQuantization, "float32", false, List.of());
        assertLogits("sharded", config, reference);
    }

    @Test
    void quantisingTo8BitsOnLoadGivesThemToo() {
        assertLogits("sharded", QuantizationConfig.INT8, "bnb-int8");
    }

    private static void assertLogits(String folder, QuantizationConfig config, String reference) {
        float[] expected = Golden.floats("safetensors/" + reference + ".logits.f32");
        assertThat(expected).hasSize(IDS.length * VOCABULARY);
        try (Kernels kernels = KernelProvider.create(2);
                Arena arena = Arena.ofShared();
                Checkpoint checkpoint = SafetensorsCheckpoint.open(Golden.path("safetensors/" + folder))) {
            Decoder decoder = Decoders.load(checkpoint, new WeightQuantizer(config, kernels, arena));
            try (Session session = new Session(decoder, kernels, IDS.length)) {
                for (int i = 0; i < IDS.length; i++) {
                    assertThat(session.feed(IDS, i, i + 1, () -> false)).isTrue();
                    assertThat(Golden.maxDifference(session.logits(), 0, expected, i * VOCABULARY, VOCABULARY))
                            .as("after %d tokens", i + 1)
                            .isLessThan(TOLERANCE);
                }
            }
        }
    }
}
