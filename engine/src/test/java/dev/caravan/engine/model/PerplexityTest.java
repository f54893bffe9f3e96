package dev.caravan.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.KvCache;
import dev.caravan.engine.layer.KvCacheType;
import dev.caravan.engine.layer.KvPagePool;
import dev.caravan.engine.tokenizer.GgufTokenizers;
import dev.caravan.engine.tokenizer.Tokenizer;
import dev.caravan.testkit.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Perplexity of the real Gemma 3 270M against llama.cpp's on the same file and text; see the golden's README. */
class PerplexityTest {

    private static final int CHUNK = 256;

    /** Rows whose logits are computed together. */
    private static final int ROWS = 16;

    @ParameterizedTest
    @CsvSource({"korean.txt, 19.3356", "english.txt, 30.6811"})
    void equalsLlamaCppsWithinHalfAPercent(String text, double reference) throws IOException {
        try (GgufCheckpoint checkpoint = GgufCheckpoint.open(TestModels.gemma3());
                Kernels kernels = KernelProvider.create(2)) {
            Decoder decoder = Decoders.load(checkpoint);
            Tokenizer tokenizer = GgufTokenizers.fromMetadata(checkpoint.metadata());
            int[] tokens =
                    tokenizer.encode(Files.readString(Golden.path("perplexity/" + text)), Tokenizer.Specials.AS_TEXT);
            int[] withBos = IntStream.concat(IntStream.of(tokenizer.bosToken()), IntStream.of(tokens))
                    .toArray();
            DecoderPass pass = new DecoderPass(decoder, kernels, CHUNK);
            double perplexity = perplexity(pass, decoder, withBos, KvCacheType.F16);
            System.out.printf("perplexity of %s: %.4f, llama.cpp %.4f%n", text, perplexity, reference);
            assertThat(perplexity).isCloseTo(reference, within(reference * 0.005));
            double withEightBits = perplexity(pass, decoder, withBos, KvCacheType.Q8_0);
            System.out.printf("perplexity of %s with 8-bit keys and values: %.4f%n", text, withEightBits);
            assertThat(withEightBits).isCloseTo(perplexity, within(perplexity * 0.01));
        }
    }

    private static double perplexity(DecoderPass pass, Decoder decoder, int[] tokens, KvCacheType cacheType) {
        double negativeLogLikelihood = 0;
        int counted = 0;
        for (int from = 0; from + CHUNK <= tokens.length; from += CHUNK) {
            int[] chunk = Arrays.copyOfRange(tokens, from, from + CHUNK);
            chunk[0] = tokens[0];
            try (KvPagePool pool = DecoderPass.newPool(decoder, KvPagePool.pagesFor(CHUNK), cacheType);
                    KvCache cache = new KvCache(pool)) {
                cache.reserve(CHUNK);
                pass.run(List.of(new DecoderPass.Part(cache, chunk, 0, CHUNK)), () -> false);
                for (int row = CHUNK / 2; row < CHUNK - 1; row += ROWS) {
                    int[] rows = IntStream.range(row, Math.min(row + ROWS, CHUNK - 1))
                            .toArray();
                    float[] logits = pass.logits(rows);
                    for (int i = 0; i < rows.length; i++) {
                        int offset = i * pass.vocabSize();
                        float[] own = Arrays.copyOfRange(logits, offset, offset + pass.vocabSize());
                        negativeLogLikelihood -= logProbability(own, chunk[rows[i] + 1]);
                        counted++;
                    }
                }
            }
        }
        return Math.exp(negativeLogLikelihood / counted);
    }

    private static double logProbability(float[] logits, int token) {
        double highest = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            highest = Math.max(highest, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - highest);
        }
        return logits[token] - highest - Math.log(sum);
    }
}
