package dev.caravan.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.testkit.TestModels;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Next-token logits of the real Gemma 3 270M against transformers on the dequantised weights. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Gemma3LogitsTest {

    /**
     * Of logits between -50 and 25. The fast kernels compute in float32 as transformers does; keys and values are
     * rounded to F16. The worst seen is 0.0101, at a vector width of 128, 256 and 512 bits alike.
     */
    private static final float TOLERANCE = 0.03f;

    private GgufCheckpoint file;
    private Decoder decoder;
    private Kernels kernels;

    @BeforeAll
    void load() {
        file = GgufCheckpoint.open(TestModels.gemma3());
        decoder = Decoders.load(file);
        kernels = KernelProvider.create(2);
    }

    @AfterAll
    void close() {
        kernels.close();
        file.close();
    }

    static String[] prompts() {
        return Golden.names("gemma3-270m", ".logits.tsv");
    }

    @ParameterizedTest
    @MethodSource("prompts")
    void logitsEqualTransformers(String prompt) {
        int[] tokens = Golden.ids("gemma3-270m/" + prompt + ".ids");
        Map<Integer, Float> expected = Golden.valuesById("gemma3-270m/" + prompt + ".logits.tsv");
        try (Session session = new Session(decoder, kernels, tokens.length)) {
            session.feed(tokens, 0, tokens.length, () -> false);
            float[] logits = session.logits();
            float worst = 0;
            for (Map.Entry<Integer, Float> entry : expected.entrySet()) {
                float difference = logits[entry.getKey()] - entry.getValue();
                worst = Math.max(worst, Math.abs(difference));
            }
            assertThat(worst).isLessThan(TOLERANCE);
        }
    }
}
