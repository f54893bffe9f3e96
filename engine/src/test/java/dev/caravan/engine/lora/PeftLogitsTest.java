package dev.caravan.engine.lora;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.BoundAdapter;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Golden;
import dev.caravan.engine.model.Session;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Logits with adapters that PEFT saved, computed beside the base, against those that transformers and PEFT compute. */
class PeftLogitsTest {

    /** As of the base's own logits in {@code DecoderArchitecturesTest}: keys and values are rounded to F16. */
    private static final float TOLERANCE = 0.02f;

    private static final int CONTEXT = 64;

    @TempDir
    private Path parent;

    static Stream<Arguments> cases() {
        return GoldenAdapter.NAMES.stream()
                .flatMap(name -> Stream.of("safetensors", "gguf").map(format -> Arguments.of(name, format)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void logitsWithAnAdapterAreThoseOfPeft(String name, String format) {
        GoldenAdapter golden = GoldenAdapter.unpack(name, parent);
        golden.withBase(format, decoder -> {
            LoraAdapter adapter = LoraFiles.read(golden.folder(), decoder, "");
            BoundAdapter bound = new BoundAdapter(ServingForm.of(adapter, decoder), 1);
            try (Kernels scalar = KernelProvider.scalar();
                    Kernels fast = KernelProvider.create(2)) {
                int tokens = golden.base().ids("ids.txt").length;
                for (int run : new int[] {1, 5, tokens}) {
                    assertThat(difference(golden, decoder, scalar, run, bound)).isLessThan(TOLERANCE);
                    assertThat(difference(golden, decoder, fast, run, bound)).isLessThan(TOLERANCE);
                }
                assertThat(difference(golden, decoder, scalar, 1, null))
                        .as("the base alone")
                        .isGreaterThan(5 * TOLERANCE);
            }
        });
    }

    /** The greatest at all positions that the reference has and the cut passes. */
    private static float difference(
            GoldenAdapter golden, Decoder decoder, Kernels kernels, int run, @Nullable BoundAdapter adapter) {
        int[] tokens = golden.base().ids("ids.txt");
        int[] positions = golden.base().ids("positions.txt");
        float[] expected = golden.files().floats("logits.f32");
        float greatest = -1;
        try (Session session = new Session(decoder, kernels, CONTEXT, adapter)) {
            for (int from = 0; from < tokens.length; from += run) {
                session.feed(tokens, from, Math.min(from + run, tokens.length), () -> false);
                for (int i = 0; i < positions.length; i++) {
                    if (positions[i] == session.length() - 1) {
                        float[] logits = session.logits();
                        float here = Golden.maxDifference(logits, 0, expected, i * logits.length, logits.length);
                        greatest = Math.max(greatest, here);
                    }
                }
            }
        }
        assertThat(greatest).as("a position was compared").isNotNegative();
        return greatest;
    }
}
