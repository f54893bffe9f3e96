package dev.caravan.engine.tokenizer;

import dev.caravan.engine.format.json.JsonObject;
import java.util.Arrays;

/** The model of a {@code tokenizer.json}: what stands beside its vocabulary. */
final class ModelReader {

    /** SentencePiece allows 16 characters; a longer piece only costs time. */
    static final int MAX_UNIGRAM_PIECE_BYTES = 512;

    private ModelReader() {}

    /** @throws dev.caravan.engine.ModelFormatException if it holds something that is not known */
    static TokenModel read(JsonObject model, TokenVocabulary vocabulary, VocabularyReader reader) {
        String type = type(model, reader);
        boolean isUnigram = type.equals("Unigram");
        if (isUnigram ? !reader.hasScores() : !reader.hasIds()) {
            throw model.refused("%s should hold %s; fetch the file again"
                    .formatted(model.place("vocab"), isUnigram ? "pieces and scores" : "tokens and their ids"));
        }
        return switch (type) {
            case "BPE" -> bpe(model, vocabulary, reader);
            case "Unigram" -> unigram(model, vocabulary, reader);
            case "WordPiece" -> wordPiece(model, vocabulary);
            default ->
                throw model.refused(
                        "%s is '%s', a model that is not supported; supported are BPE, Unigram and WordPiece"
                                .formatted(model.place("type"), type));
        };
    }

    /** Files of before 2020 name no type. */
    private static String type(JsonObject model, VocabularyReader reader) {
        if (model.has("type")) {
            return model.string("type");
        }
        return reader.hasScores() ? "Unigram" : model.has("merges") ? "BPE" : "WordPiece";
    }

    private static TokenModel bpe(JsonObject model, TokenVocabulary vocabulary, VocabularyReader reader) {
        if (model.number("dropout", 0) != 0) {
            throw model.refused("%s is not zero, which is for training only".formatted(model.place("dropout")));
        }
        for (String key : new String[] {"continuing_subword_prefix", "end_of_word_suffix"}) {
            if (!model.string(key, "").isEmpty()) {
                throw model.refused(
                        "%s is '%s', which is not supported".formatted(model.place(key), model.string(key)));
            }
        }
        if (model.list("merges").isEmpty()) {
            throw model.refused("the key %s is missing; fetch the file again".formatted(model.place("merges")));
        }
        BpeModel.Options options = new BpeModel.Options(
                model.has("unk_token") ? token(model, "unk_token", vocabulary) : -1,
                model.flag("fuse_unk", false),
                model.flag("byte_fallback", false),
                model.flag("ignore_merges", false));
        return new BpeModel(vocabulary, reader.merges(vocabulary), options);
    }

    private static TokenModel unigram(JsonObject model, TokenVocabulary vocabulary, VocabularyReader reader) {
        int unknown = model.integer("unk_id");
        if (unknown < 0 || unknown >= reader.size()) {
            throw model.refused("%s is %d, which is not one of the %d pieces; fetch the file again"
                    .formatted(model.place("unk_id"), unknown, reader.size()));
        }
        if (vocabulary.longest() > MAX_UNIGRAM_PIECE_BYTES) {
            throw model.refused("%s holds a piece of %d bytes; at most %d are supported"
                    .formatted(model.place("vocab"), vocabulary.longest(), MAX_UNIGRAM_PIECE_BYTES));
        }
        double worst = Arrays.stream(reader.scores()).min().orElse(0);
        return new UnigramModel(
                vocabulary,
                reader.scores(),
                new UnigramModel.Unknown(unknown, worst, model.flag("byte_fallback", false)));
    }

    private static TokenModel wordPiece(JsonObject model, TokenVocabulary vocabulary) {
        int maxCharacters = model.integer("max_input_chars_per_word", 100);
        if (maxCharacters < 1 || maxCharacters > 10_000) {
            throw model.refused("%s is %d; between 1 and 10000 are supported"
                    .formatted(model.place("max_input_chars_per_word"), maxCharacters));
        }
        return new WordPieceModel(
                vocabulary,
                token(model, "unk_token", vocabulary),
                model.string("continuing_subword_prefix", "##"),
                maxCharacters);
    }

    private static int token(JsonObject model, String key, TokenVocabulary vocabulary) {
        int id = vocabulary.idOf(model.string(key));
        if (id < 0) {
            throw model.refused("%s is '%s', which is not in the vocabulary; fetch the file again"
                    .formatted(model.place(key), model.string(key)));
        }
        return id;
    }
}
