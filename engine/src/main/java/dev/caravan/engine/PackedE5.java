package dev.caravan.engine;

import dev.caravan.engine.EncoderOptions.Prompts;
import dev.caravan.engine.format.e5.E5Checkpoint;
import dev.caravan.engine.format.e5.E5Vocabulary;
import dev.caravan.engine.model.Encoder;
import dev.caravan.engine.tokenizer.PostProcessor;
import dev.caravan.engine.tokenizer.UnigramTokenizer;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.List;

/** What the packed file of multilingual-e5-small leaves unsaid: its tokenizer's order of steps, prompts and name. */
final class PackedE5 {

    /** What the e5 family was trained with. */
    static final Prompts PROMPTS = new Prompts("query: ", "passage: ");

    /** The one control token that the file does not name. */
    private static final byte[] MASK = "<mask>".getBytes(StandardCharsets.UTF_8);

    private PackedE5() {}

    static String modelName(Encoder encoder, int layers) {
        boolean isSmall = encoder.hiddenSize() == 384 && layers == 12 && encoder.vocabSize() == 250_037;
        return isSmall
                ? "multilingual-e5-small"
                : "e5-%dx%d-%d".formatted(layers, encoder.hiddenSize(), encoder.vocabSize());
    }

    /** @throws ModelFormatException if the vocabulary is corrupt */
    static EncoderTokenizer tokenizer(E5Checkpoint file, int maxTokens) {
        E5Vocabulary vocabulary = file.readVocabulary();
        int[] reserved = {
            vocabulary.bosToken(),
            vocabulary.eosToken(),
            vocabulary.padToken(),
            vocabulary.unkToken(),
            indexOf(MASK, vocabulary.pieces())
        };
        try {
            UnigramTokenizer tokenizer = new UnigramTokenizer(
                    new UnigramTokenizer.Vocabulary(
                            vocabulary.pieces(), vocabulary.scores(), vocabulary.unkToken(), reserved),
                    vocabulary.normalizer());
            return new EncoderTokenizer(
                    text -> tokenizer.encode(composed(text)),
                    PostProcessor.around(List.of(vocabulary.bosToken()), List.of(vocabulary.eosToken())),
                    maxTokens);
        } catch (IllegalArgumentException unsound) {
            throw new ModelFormatException(file.path(), String.valueOf(unsound.getMessage()), unsound);
        }
    }

    private static int indexOf(byte[] piece, byte[][] pieces) {
        int index = pieces.length - 1;
        while (index >= 0 && !Arrays.equals(piece, pieces[index])) {
            index--;
        }
        return index;
    }

    /** Composed Hangul: the file's character map, unlike SentencePiece's, replaces single characters only. */
    private static String composed(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFC);
    }
}
