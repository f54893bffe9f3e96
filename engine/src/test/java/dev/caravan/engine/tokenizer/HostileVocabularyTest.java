package dev.caravan.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A vocabulary that is not sound is refused in one sentence that says what is wrong. */
class HostileVocabularyTest {
    private static final SpecialIds NO_SPECIALS = new SpecialIds(-1, -1, false, Set.of());

    private static SentencePieceBpeTokenizer sentencePiece(List<String> extra, int[] extraTypes, float score) {
        List<String> tokens = new ArrayList<>();
        for (int value = 0; value < 256; value++) {
            tokens.add("<0x%02X>".formatted(value));
        }
        tokens.addAll(extra);
        int[] types = new int[tokens.size()];
        Arrays.fill(types, 0, 256, TokenType.BYTE);
        System.arraycopy(extraTypes, 0, types, 256, extraTypes.length);
        float[] scores = new float[tokens.size()];
        Arrays.fill(scores, score);
        return new SentencePieceBpeTokenizer(new SentencePieceBpeTokenizer.Vocabulary(
                tokens.toArray(String[]::new), scores, types, false, NO_SPECIALS));
    }

    private static ByteLevelBpeTokenizer byteLevel(String preTokenizer, String... merges) {
        List<String> tokens = new ArrayList<>();
        for (int character = 0; character < 0x144; character++) {
            if (ByteAlphabet.decode(String.valueOf((char) character), new byte[1]) == 1) {
                tokens.add(String.valueOf((char) character));
            }
        }
        tokens.add("ab");
        int[] types = new int[tokens.size()];
        Arrays.fill(types, TokenType.NORMAL);
        return new ByteLevelBpeTokenizer(new ByteLevelBpeTokenizer.Vocabulary(
                tokens.toArray(String[]::new), types, merges, preTokenizer, NO_SPECIALS));
    }

    @Test
    void refusesTwoTokensOfTheSameSpelling() {
        int[] types = {TokenType.NORMAL, TokenType.NORMAL};
        assertThatThrownBy(() -> sentencePiece(List.of("가", "가"), types, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("tokens 256 and 257 of the vocabulary are the same");
    }

    @Test
    void refusesAScoreThatIsNotANumber() {
        assertThatThrownBy(() -> sentencePiece(List.of(), new int[0], Float.NaN))
                .hasMessageContaining("not a number");
    }

    @Test
    void refusesAByteTokenOfAnotherSpelling() {
        assertThatThrownBy(() -> sentencePiece(List.of("<0xZZ>"), new int[] {TokenType.BYTE}, 0))
                .hasMessageContaining("spelled '<0xZZ>'");
    }

    @Test
    void refusesATokenThatIsTooLong() {
        assertThatThrownBy(() -> sentencePiece(List.of("a".repeat(5000)), new int[] {TokenType.NORMAL}, 0))
                .hasMessageContaining("5000 bytes");
    }

    @Test
    void refusesAVocabularyThatCannotSpellEveryByte() {
        SentencePieceBpeTokenizer.Vocabulary vocabulary = new SentencePieceBpeTokenizer.Vocabulary(
                new String[] {"a"}, new float[1], new int[] {TokenType.NORMAL}, false, NO_SPECIALS);
        assertThatThrownBy(() -> new SentencePieceBpeTokenizer(vocabulary)).hasMessageContaining("byte 00");
    }

    @Test
    void refusesListsOfDifferentLengths() {
        assertThatThrownBy(() -> new SentencePieceBpeTokenizer.Vocabulary(
                        new String[2], new float[1], new int[2], false, NO_SPECIALS))
                .hasMessageContaining("2 tokens but 1 scores");
    }

    @Test
    void refusesSpecialTokensOutsideTheVocabulary() {
        SpecialIds outside = new SpecialIds(-1, -1, false, Set.of(7));
        assertThatThrownBy(() -> new SentencePieceBpeTokenizer.Vocabulary(
                        new String[] {"a"}, new float[1], new int[1], false, outside))
                .hasMessageContaining("end token 7 lies outside");
    }

    @Test
    void refusesMergesOfWhatIsNotAToken() {
        assertThatThrownBy(() -> byteLevel("gpt-2", "a b", "ab c")).hasMessageContaining("merge 1 ('ab c')");
        assertThatThrownBy(() -> byteLevel("gpt-2", "ab")).hasMessageContaining("merge 0 ('ab')");
        assertThatThrownBy(() -> byteLevel("gpt-2", "")).hasMessageContaining("merge 0");
        assertThatThrownBy(() -> byteLevel("gpt-2", "한 글")).hasMessageContaining("merge 0");
    }

    @Test
    void refusesAnUnknownPreTokenizerByName() {
        assertThatThrownBy(() -> byteLevel("martian"))
                .hasMessageContaining("'martian'")
                .hasMessageContaining("llama-bpe");
    }

    @Test
    void encodesALongRunInBoundedTime() {
        ByteLevelBpeTokenizer bytes = byteLevel("llama-bpe", "a b");
        assertThat(bytes.encode("ab".repeat(200_000), Tokenizer.Specials.AS_TEXT))
                .hasSize(200_000);
        SentencePieceBpeTokenizer pieces = sentencePiece(List.of("a", "aa", "aaaa"), new int[] {1, 1, 1}, -1);
        assertThat(pieces.encode("a".repeat(400_000), Tokenizer.Specials.AS_TEXT))
                .hasSize(100_000);
    }

    @Test
    void encodesALoneSurrogateAsTheReplacementCharacter() {
        SentencePieceBpeTokenizer pieces = sentencePiece(List.of(), new int[0], 0);
        assertThat(pieces.encode("\uD83D", Tokenizer.Specials.AS_TEXT)).containsExactly(0xEF, 0xBF, 0xBD);
    }
}
