package dev.caravan.engine.tokenizer;

import dev.caravan.engine.format.gguf.GgufMetadata;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The tokenizers of encoders in GGUF files: {@code t5}, which is SentencePiece's unigram model (bge-m3, multilingual-e5,
 * KURE), and {@code bert}, which is WordPiece with its tokens respelled: those that begin a word carry U+2581, those inside
 * one nothing.
 */
final class GgufEncoderTokenizers {
    private static final String PREFIX = "tokenizer.ggml.";
    private static final String SPACE_MARK = "\u2581";

    private final GgufMetadata metadata;
    private final String[] tokens;
    private final int[] types;
    private final List<AddedToken> added = new ArrayList<>();
    private final BitSet hidden = new BitSet();

    private GgufEncoderTokenizers(GgufMetadata metadata) {
        this.metadata = metadata;
        tokens = metadata.strings(PREFIX + "tokens").toArray(String[]::new);
        int[] normal = new int[tokens.length];
        Arrays.fill(normal, TokenType.NORMAL);
        types = metadata.integers(PREFIX + "token_type", normal);
        if (types.length != tokens.length) {
            throw new IllegalArgumentException(
                    "the vocabulary has %d tokens but %d types; the file is damaged, fetch it again"
                            .formatted(tokens.length, types.length));
        }
        for (int id = 0; id < tokens.length; id++) {
            boolean control = types[id] == TokenType.CONTROL || types[id] == TokenType.UNKNOWN;
            if (control || types[id] == TokenType.USER_DEFINED) {
                added.add(new AddedToken(id, tokens[id], control, false, false, false, false));
            }
            hidden.set(id, control || types[id] == TokenType.UNUSED || types[id] == TokenType.BYTE);
        }
    }

    /** SentencePiece's unigram model; spaces are merged and one comes in front, as the file says. */
    static Tokenizer unigram(GgufMetadata metadata) {
        GgufEncoderTokenizers reader = new GgufEncoderTokenizers(metadata);
        TokenVocabulary vocabulary = new TokenVocabulary(reader.tokens, reader.hidden);
        if (vocabulary.longest() > ModelReader.MAX_UNIGRAM_PIECE_BYTES) {
            throw new IllegalArgumentException("the vocabulary holds a piece of %d bytes; at most %d are supported"
                    .formatted(vocabulary.longest(), ModelReader.MAX_UNIGRAM_PIECE_BYTES));
        }
        boolean mergesSpaces = metadata.flag(PREFIX + "remove_extra_whitespaces", false);
        boolean addsSpace = metadata.flag(PREFIX + "add_space_prefix", true) || mergesSpaces;
        if (metadata.flag(PREFIX + "treat_whitespace_as_suffix", false)) {
            throw new IllegalArgumentException("%streat_whitespace_as_suffix is not supported".formatted(PREFIX));
        }
        PipelineTokenizer.Steps steps = new PipelineTokenizer.Steps(
                reader.unigramNormalizer(mergesSpaces),
                new MetaspaceStep(
                        SPACE_MARK.charAt(0),
                        addsSpace ? MetaspaceStep.Prepend.ALWAYS : MetaspaceStep.Prepend.NEVER,
                        reader.cutsAtSpaces()),
                reader.unigramModel(vocabulary),
                new TokenDecoder(
                        token -> token.replace(SPACE_MARK, " "), TokenDecoder.Spelling.TEXT, addsSpace ? 1 : 0),
                reader.frame("bos_token_id", "add_bos_token", "eos_token_id", "add_eos_token", 2),
                reader.added);
        return new PipelineTokenizer(vocabulary, steps, reader.specialIds(steps.postProcessor()));
    }

    private TextNormalizer unigramNormalizer(boolean mergesSpaces) {
        List<TextNormalizer> steps = new ArrayList<>();
        String key = PREFIX + "precompiled_charsmap";
        if (metadata.contains(key)) {
            int[] values = metadata.integers(key);
            byte[] map = new byte[values.length];
            for (int i = 0; i < values.length; i++) {
                map[i] = (byte) values[i];
            }
            try {
                steps.add(new PrecompiledCharsMap(map, PrecompiledCharsMap.Matching.LONGEST_PREFIX));
            } catch (IllegalArgumentException unsound) {
                throw new IllegalArgumentException(
                        "%s is not sound (%s); convert the model again".formatted(key, unsound.getMessage()), unsound);
            }
        }
        if (mergesSpaces) {
            steps.add(GgufEncoderTokenizers::mergeSpaces);
        }
        return NormalizerReader.chain(steps);
    }

    private static String mergeSpaces(String text) {
        StringBuilder merged = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            boolean isExtra = merged.isEmpty() || merged.charAt(merged.length() - 1) == ' ';
            if (character != ' ' || !isExtra) {
                merged.append(character);
            }
        }
        if (!merged.isEmpty() && merged.charAt(merged.length() - 1) == ' ') {
            merged.setLength(merged.length() - 1);
        }
        return merged.toString();
    }

    /** Words can be cut apart where no piece holds a space behind its first character. */
    private boolean cutsAtSpaces() {
        for (int id = 0; id < tokens.length; id++) {
            if (!hidden.get(id) && tokens[id].indexOf(SPACE_MARK, 1) > 0) {
                return false;
            }
        }
        return true;
    }

    private TokenModel unigramModel(TokenVocabulary vocabulary) {
        float[] stored = metadata.floats(PREFIX + "scores");
        if (stored.length != tokens.length) {
            throw new IllegalArgumentException(
                    "the vocabulary has %d tokens but %d scores; the file is damaged, fetch it again"
                            .formatted(tokens.length, stored.length));
        }
        double[] scores = new double[stored.length];
        double worst = Double.MAX_VALUE;
        for (int id = 0; id < scores.length; id++) {
            scores[id] = types[id] == TokenType.USER_DEFINED ? 0 : stored[id];
            if (!Double.isFinite(scores[id])) {
                throw new IllegalArgumentException(
                        "the score of token %d is not a number; the file is damaged, fetch it again".formatted(id));
            }
            worst = types[id] == TokenType.NORMAL ? Math.min(worst, scores[id]) : worst;
        }
        return new UnigramModel(
                vocabulary, scores, new UnigramModel.Unknown(required("unknown_token_id", 2), worst, false));
    }

    /** WordPiece with BERT's normaliser. */
    static Tokenizer wordPiece(GgufMetadata metadata) {
        GgufEncoderTokenizers reader = new GgufEncoderTokenizers(metadata);
        boolean isCased = reader.hasCapitals();
        for (int id = 0; id < reader.tokens.length; id++) {
            if (reader.types[id] == TokenType.NORMAL) {
                String token = reader.tokens[id];
                boolean beginsWord = token.startsWith(SPACE_MARK) && token.length() > 1;
                reader.tokens[id] = beginsWord ? token.substring(1) : "##".concat(token);
            }
        }
        TokenVocabulary vocabulary = new TokenVocabulary(reader.tokens, reader.hidden);
        boolean lowercases = metadata.flag(PREFIX + "normalizer.lowercase", !isCased);
        boolean stripsAccents = metadata.flag(PREFIX + "normalizer.strip_accents", lowercases);
        PipelineTokenizer.Steps steps = new PipelineTokenizer.Steps(
                new BertNormalizer(true, true, stripsAccents, lowercases),
                PreTokenizerReader.chain(PreTokenizerReader.bert()),
                new WordPieceModel(vocabulary, reader.required("unknown_token_id", 100), "##", 100),
                new TokenDecoder(token -> TokenDecoder.wordPiece(token, "##", true), TokenDecoder.Spelling.TEXT, 1),
                reader.frame("cls_token_id", "add_bos_token", "seperator_token_id", "add_sep_token", 1),
                reader.added);
        return new PipelineTokenizer(vocabulary, steps, reader.specialIds(steps.postProcessor()));
    }

    /** Older files do not say whether letters become small; a vocabulary with capitals could not be reached then. */
    private boolean hasCapitals() {
        for (int id = 0; id < tokens.length; id++) {
            if (types[id] == TokenType.NORMAL && !tokens[id].equals(tokens[id].toLowerCase(Locale.ROOT))) {
                String decomposed = Normalizer.normalize(tokens[id], Normalizer.Form.NFD);
                if (decomposed.codePoints().anyMatch(Character::isUpperCase)) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * What stands around a text and a pair: RoBERTa has two separators between the texts, BERT one, and a segment for the
     * second text.
     */
    private PostProcessor frame(String firstKey, String firstFlag, String lastKey, String lastFlag, int separators) {
        int first = metadata.integer(PREFIX + firstKey, metadata.integer(PREFIX + "bos_token_id", -1));
        int last = metadata.integer(PREFIX + lastKey, metadata.integer(PREFIX + "eos_token_id", -1));
        List<Integer> before = first >= 0 && metadata.flag(PREFIX + firstFlag, true) ? List.of(first) : List.of();
        List<Integer> after = last >= 0 && metadata.flag(PREFIX + lastFlag, true) ? List.of(last) : List.of();
        List<Integer> between = new ArrayList<>();
        for (int i = 0; i < separators; i++) {
            between.addAll(after);
        }
        int secondType = separators == 1 ? 1 : 0;
        return new PostProcessor(
                List.of(
                        new PostProcessor.Special(before, 0),
                        new PostProcessor.Text(false, 0),
                        new PostProcessor.Special(after, 0)),
                List.of(
                        new PostProcessor.Special(before, 0),
                        new PostProcessor.Text(false, 0),
                        new PostProcessor.Special(between, 0),
                        new PostProcessor.Text(true, secondType),
                        new PostProcessor.Special(after, secondType)));
    }

    private int required(String key, int otherwise) {
        int id = metadata.integer(PREFIX + key, otherwise);
        if (id < 0 || id >= tokens.length) {
            throw new IllegalArgumentException(
                    "%s is %d, which lies outside the vocabulary of %d tokens; the file is damaged, fetch it again"
                            .formatted(PREFIX + key, id, tokens.length));
        }
        return id;
    }

    private SpecialIds specialIds(PostProcessor frame) {
        Set<Integer> others = new HashSet<>();
        for (String key : List.of("padding_token_id", "seperator_token_id", "cls_token_id", "mask_token_id")) {
            int id = metadata.integer(PREFIX + key, -1);
            if (id >= 0) {
                others.add(id);
            }
        }
        int bos = metadata.integer(PREFIX + "bos_token_id", metadata.integer(PREFIX + "cls_token_id", -1));
        int eos = metadata.integer(PREFIX + "eos_token_id", -1);
        boolean addsBos = bos >= 0 && frame.prefix().contains(bos);
        int unknown = metadata.integer(PREFIX + "unknown_token_id", -1);
        return new SpecialIds(bos, unknown, addsBos, eos < 0 ? Set.of() : Set.of(eos), others);
    }
}
