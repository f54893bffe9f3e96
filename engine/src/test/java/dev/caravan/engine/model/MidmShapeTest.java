package dev.caravan.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.Checkpoints;
import dev.caravan.engine.QuantizationConfig;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.KvCache;
import dev.caravan.engine.layer.KvPagePool;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Mi:dm 2.0 Mini's exact shape with random weights: logits of transformers, bitsandbytes and llama.cpp. The golden's README
 * says how the weights are made; they are too large to fetch or commit.
 */
@EnabledIfEnvironmentVariable(
        named = "CARAVAN_MIDM_SHAPE",
        matches = ".+",
        disabledReason = "needs 10 GB of random weights, made by hand: see golden/midm-shape/README.md")
class MidmShapeTest {

    private static final int[] POSITIONS = {0, 23, 47};

    private static final QuantizationConfig NF4 =
            new QuantizationConfig(true, QuantizationConfig.QuantType.NF4, true, "float32", false, List.of());

    /**
     * Logits have a standard deviation of 0.85. Caravan keeps keys and values in F16; the 4-bit folder was saved from a
     * model in bf16, whose dequantised weights bitsandbytes rounds to bf16.
     */
    @ParameterizedTest
    @CsvSource({
        "bf16, false, float32, 0.01",
        "bf16, true, nf4-float32, 0.01",
        "nf4, false, nf4-float32, 0.01",
        "midm-f16.gguf, false, float32, 0.01",
        "midm-f16.gguf, false, llama-f16, 0.05",
        "midm-q4_k_m.gguf, false, llama-q4_k_m, 0.1"
    })
    void givesTheReferencesLogits(String model, boolean quantises, String reference, float tolerance) {
        Path path = Path.of(System.getenv("CARAVAN_MIDM_SHAPE")).resolve(model);
        int[] prompt = Golden.ids("midm-shape/prompt.ids");
        long started = System.nanoTime();
        try (Kernels kernels = KernelProvider.create(2);
                Arena arena = Arena.ofShared();
                Checkpoint checkpoint = Checkpoints.open(path)) {
            Decoder decoder = Decoders.load(
                    checkpoint, new WeightQuantizer(quantises ? NF4 : QuantizationConfig.NONE, kernels, arena));
            long loaded = System.nanoTime();
            float worst = 0;
            try (KvPagePool pool = DecoderPass.newPool(decoder, 1);
                    KvCache cache = new KvCache(pool)) {
                cache.reserve(prompt.length);
                DecoderPass pass = new DecoderPass(decoder, kernels, prompt.length);
                pass.run(List.of(new DecoderPass.Part(cache, prompt, 0, prompt.length)), () -> false);
                for (int position : POSITIONS) {
                    worst = Math.max(worst, worst(pass.logits(position), reference, position));
                }
            }
            System.out.printf(
                    "%s%s against %s: at most %.5f apart; loaded in %.1f s, %d tokens in %.1f s%n",
                    model,
                    quantises ? " quantised on load" : "",
                    reference,
                    worst,
                    (loaded - started) / 1e9,
                    prompt.length,
                    (System.nanoTime() - loaded) / 1e9);
            assertThat(worst).isLessThan(tolerance);
        }
    }

    /** The file's lines: position, token, logit. */
    private static float worst(float[] logits, String reference, int position) {
        float worst = 0;
        int compared = 0;
        for (String line :
                Golden.text("midm-shape/" + reference + ".logits.tsv").lines().toList()) {
            String[] fields = line.split("\t", -1);
            if (Integer.parseInt(fields[0]) == position) {
                float expected = Float.parseFloat(fields[2]);
                worst = Math.max(worst, Math.abs(logits[Integer.parseInt(fields[1])] - expected));
                compared++;
            }
        }
        assertThat(compared).isGreaterThan(300);
        return worst;
    }
}
