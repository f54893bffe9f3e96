package dev.caravan.engine.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PassageConstraintTest {

    private static final int END = 1;

    @Test
    void onlyTokensOfThePassagesTheFurtherTextsAndTheEndRemain() {
        float[] logits = new float[256];

        new PassageConstraint(new ByteTokenizer(), List.of("abc"), List.of("z"), 0).apply(new int[0], 0, logits);

        assertThat(logits['a']).isZero();
        assertThat(logits['z']).isZero();
        assertThat(logits[END]).isZero();
        assertThat(logits['\n']).isZero();
        assertThat(logits['q']).isEqualTo(Float.NEGATIVE_INFINITY);
    }

    @Test
    void aTokenThatContinuesALongerRunIsFavouredMore() {
        float[] logits = new float[256];
        PassageConstraint constraint =
                new PassageConstraint(new ByteTokenizer(), List.of("xabc yabd kb?"), List.of(), 0.5f);

        constraint.apply(new int[] {'k', 'b'}, 2, logits);

        assertThat(logits['?']).isEqualTo(1.0f); // "kb" is a run of two
        assertThat(logits['c']).isEqualTo(0.5f); // "b" alone
        assertThat(logits['a']).isZero();
    }

    @Test
    void aRunIsCountedUpToThreeTokens() {
        float[] logits = new float[256];

        new PassageConstraint(new ByteTokenizer(), List.of("abcdef"), List.of(), 1)
                .apply(new int[] {'a', 'b', 'c', 'd', 'e'}, 5, logits);

        assertThat(logits['f']).isEqualTo(3);
    }

    @Test
    void aNumberIsOneOfThePassages() {
        float[] logits = new float[256];
        PassageConstraint constraint =
                new PassageConstraint(new ByteTokenizer(), List.of("in 2019 or 24"), List.of(), 0);

        constraint.apply(new int[] {'o', 'r', ' ', '2'}, 4, logits);

        assertThat(logits['0']).isZero();
        assertThat(logits['4']).isZero();
        assertThat(logits['9']).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(logits['o']).as("2 alone is not among the numbers").isEqualTo(Float.NEGATIVE_INFINITY);
    }

    @Test
    void eightTokensDoNotOccurTwice() {
        float[] logits = new float[256];
        int[] generated = new ByteTokenizer().encode("abcdefgh abcdefg", Tokenizer.Specials.AS_TEXT);

        new PassageConstraint(new ByteTokenizer(), List.of("abcdefgh "), List.of(), 0)
                .apply(generated, generated.length, logits);

        assertThat(logits['h']).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(logits['a']).isZero();
    }

    /** One token per byte; hand-written, so that the runs can be read. */
    private static final class ByteTokenizer implements Tokenizer {
        @Override
        public int vocabSize() {
            return 256;
        }

        @Override
        public int[] encode(String text, Specials specials) {
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            int[] tokens = new int[bytes.length];
            for (int i = 0; i < bytes.length; i++) {
                tokens[i] = bytes[i];
            }
            return tokens;
        }

        @Override
        public int[] encode(String text, BitSet asText) {
            return encode(text, Specials.AS_TEXT);
        }

        @Override
        public byte[] bytes(int token) {
            return new byte[] {(byte) token};
        }

        @Override
        public int bosToken() {
            return -1;
        }

        @Override
        public boolean addsBos() {
            return false;
        }

        @Override
        public Set<Integer> endTokens() {
            return Set.of(END);
        }
    }
}
